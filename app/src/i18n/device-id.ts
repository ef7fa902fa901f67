/** Indonesian about an account's devices, fetched with what says it: the source of the keys and `{values}`. */
export const deviceId = {
  "device.lookedAfterTell":
    "Alamat setiap akun ada di bawah: yang kehilangan ponselnya mengetiknya di ponsel baru, di bagian “Perangkat baru”.",
  "device.cancel": "Batal",
  "device.codeEmpty": "Pindai atau tempelkan dulu kodenya.",
  "device.codeCut": "Kode ini tidak lengkap. Salin seluruhnya.",
  "device.unfound":
    "Sidik jari tidak diberikan, atau perangkat ini belum punya akun di sini. Ponsel lama hilang, atau ini ponsel kedua Anda? Masukkan perangkat ini ke akun Anda.",
  "device.wallet":
    "Ini dompet biasa: perangkat baru tidak bisa dimasukkan ke dalamnya. Ketik alamat akun yang dibuka dengan sidik jari Anda.",
  "device.absent":
    "Belum ada akun di alamat ini. Periksa alamatnya; bila akun Anda masih baru, pindai kode yang ditunjukkan perangkat Anda yang lain di “Tambah perangkat”.",
  "device.addThis": "Masukkan perangkat ini",
  "device.removeTitle": "Keluarkan perangkat itu?",
  "device.removeOwnTitle": "Keluarkan perangkat ini?",
  "device.removeMeans":
    "Perangkat bisa dikeluarkan mulai {at}. Sampai saat itu perangkat masih membuka akun, dan setiap perangkat bisa menolaknya.",
  "device.removeOwn":
    "Ini perangkat yang sedang Anda pakai. Setelah dikeluarkan, perangkat ini tidak membuka akun lagi.",
  "device.removeAll":
    "Semua perangkat lain juga akan dikeluarkan: tidak ada yang tersisa untuk Anda. Akun hanya mempertahankan yang terakhir, dan bisa jadi itu perangkat yang hilang.",
  "device.lostGuardian": "Kalau begitu hanya penjaga Anda yang bisa mengembalikan akun.",
  "device.lostForGood": "Anda tidak punya penjaga: kalau begitu tidak ada yang bisa mengembalikan akun.",
} as const;
