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
};
