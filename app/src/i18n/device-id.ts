/** Indonesian about an account's devices, fetched with what says it: the source of the keys and `{values}`. */
export const deviceId = {
  "finger.startAnother": "Buka akun baru",
  "finger.startWhy":
    "Sidik jari, wajah, atau kunci layar perangkat ini membuka akun Anda. Tanpa kata sandi, tanpa dompet, tanpa biaya.",
  "finger.find": "Saya sudah punya akun",
  "finger.newDevice": "Perangkat baru",
  "finger.waits": "Perangkat menunggu",
  "finger.share": "Kirim",
  "finger.newDeviceWhy":
    "Anda sudah punya akun, di ponsel lain atau di ponsel yang hilang? Perangkat ini bisa dimasukkan ke akun itu.",
  "finger.account": "Akun Anda",
  "finger.accountHint":
    "Alamatnya, dimulai dengan 0x. Perangkat Anda yang lain menunjukkannya di Akun; setelah kehilangan semuanya, wali Anda mengetahuinya.",
  "finger.notAccount": "Ini bukan alamat akun.",
  "finger.otherChain": "Ini kode akun dari jaringan lain. Di sana, buka aplikasi untuk jaringan ini.",
  "finger.useDevice": "Pakai perangkat ini",
  "finger.waiting": "Perangkat ini menunggu untuk dimasukkan ke akun {account}.",
  "finger.waitingOther": "Punya perangkat lain? Pindai kode ini dengannya, lalu setujui.",
  "finger.waitingLost":
    "Semua perangkat hilang? Kirim kode ini kepada wali Anda. Tiga hari setelah ia mengusulkannya, akun kembali kepada Anda.",
  "finger.keyCode": "Kode perangkat baru",
  "finger.giveUp": "Jangan menunggu",
  "finger.codeTitle": "Tunjukkan kode ini kepada pemasang",
  "finger.codeWhy":
    "Akun Anda sudah siap. Dengan kode ini pemasang mendaftarkan meter Anda; sesudah itu meter muncul di sini dengan sendirinya.",
  "finger.accountCode": "Kode akun Anda",
  "finger.installer": "Tunjukkan kepada pemasang di sini",
  "finger.installing": "Pemasang mendaftarkan meter Anda …",
  "finger.installerAway": "Pemasang tidak menjawab. Coba lagi.",
  "finger.openTitle": "Meter Anda {serial} sudah siap",
  "finger.openWhy": "Satu sentuhan mengambil alih meter. Biayanya ditanggung komunitas.",
  "finger.openMoney": "Anda juga mendapat {idrs} untuk mencoba.",
  "finger.guardianAsk": "Siapa yang membantu bila ponsel hilang? (boleh nanti)",
  "finger.guardianField": "Akun wali",
  "finger.guardianHint": "Alamat tetangga atau keluarga yang Anda percaya. Ia tidak bisa memakai akun Anda.",
  "finger.notGuardian": "Ini bukan alamat akun orang lain.",
  "finger.open": "Ambil alih dengan sidik jari",
  "finger.devices": "Perangkat",
  "finger.devicesWhy": "Setiap perangkat membuka akun dengan sidik jarinya sendiri.",
  "finger.thisDevice": "Perangkat ini",
  "finger.device": "Perangkat lain",
  "finger.firstDevice": "Sejak awal",
  "finger.addDevice": "Tambah perangkat",
  "finger.addFirst":
    "1. Pindai kode ini dengan perangkat baru. Perangkat itu lalu menunjukkan kodenya sendiri.",
  "finger.joinCode": "Kode untuk perangkat baru",
  "finger.addThen": "2. Pindai kode itu dengan perangkat ini, atau tempelkan di sini.",
  "finger.notKeyCode": "Ini bukan kode perangkat untuk akun ini.",
  "finger.letIn": "Masukkan perangkat",
  "finger.letInTitle": "Tambahkan perangkat ini ke akun Anda?",
  "finger.letInWhy":
    "Anda memindai kode perangkat baru. Perangkat itu akan bisa melakukan semua yang Anda bisa: setujui hanya perangkat Anda sendiri.",
  "finger.remove": "Keluarkan",
  "finger.removed": "Akan dikeluarkan mulai {at}. Sampai saat itu setiap perangkat bisa menolaknya.",
  "finger.keep": "Jangan keluarkan",
  "finger.removeNow": "Keluarkan sekarang",
  "finger.guardian": "Wali",
  "finger.guardianWhy":
    "Bila semua perangkat hilang, wali mengembalikan akun Anda ke perangkat baru. Anda punya tiga hari untuk menolak. Ia tidak bisa memakai akun atau uang Anda.",
  "finger.guardianNext": "{guardian} menjadi wali mulai {at}. Sampai saat itu Anda bisa menolaknya.",
  "finger.guardianLeaves": "Mulai {at} tidak ada wali lagi. Sampai saat itu Anda bisa menolaknya.",
  "finger.guardianKeep": "Jangan ubah",
  "finger.guardianDone": "Selesaikan",
  "finger.guardianChange": "Ganti",
  "finger.guardianNone": "Tanpa wali",
  "finger.guardianDay": "Berlaku setelah satu hari.",
  "finger.guardianSet": "Tetapkan wali",
  "finger.recoveryTold":
    "Wali Anda ingin memberikan akun ini kepada perangkat baru, mulai {at}. Bukan Anda yang meminta? Tolak.",
  "finger.recoveryRefuse": "Tolak",
  "finger.lookedAfter": "Rumah yang Anda jaga",
  "finger.lookedAfterWhy":
    "Anda wali akun-akun ini. Bila pemiliknya kehilangan semua perangkat, Anda bisa mengembalikan akunnya.",
  "finger.bringBack": "Kembalikan",
  "finger.bringBackWhy": "Pastikan dulu bahwa kode itu benar dari pemiliknya: telepon atau temui dia.",
  "finger.recoveryWaits":
    "Diusulkan. Mulai {at} perangkat baru membuka akun dengan sendirinya, bila tidak ada perangkat yang menolak.",
  "finger.recoveryDue":
    "Sejak {at} perangkat baru boleh membuka akun, dan melakukannya dengan sendirinya. Bila tidak, Anda bisa menyelesaikannya di sini.",
  "finger.recoveryPropose": "Usulkan perangkat baru",
  "finger.recoveryComplete": "Selesaikan",
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
  "device.lostGuardian": "Kalau begitu hanya wali Anda yang bisa mengembalikan akun.",
  "device.lostForGood": "Anda tidak punya wali: kalau begitu tidak ada yang bisa mengembalikan akun.",
  "device.newName": "Nama akun baru",
  "device.newNameHint": "Boleh dikosongkan: namanya lalu tanggal hari ini.",
  "device.nameIt": "Beri nama",
  "device.nameHint":
    "Disimpan di peramban ini dan tercantum di kode yang Anda tunjukkan: perangkat baru mengenalnya. Bila kosong, akun disebut dengan alamatnya.",
  "device.nameHintWallet":
    "Hanya Anda yang melihatnya: disimpan di peramban ini. Bila kosong, akun disebut dengan alamatnya.",
  "device.nameHintOther": "Hanya Anda yang melihatnya: disimpan di peramban ini. Misalnya nama pemiliknya.",
  "device.nameInCode": "Tercantum di kode di atas: yang membacanya tahu akun siapa ini.",
  "device.unnamed": "Belum bernama",
  "device.calledInCode":
    "Kode ini menyebut akunnya “{name}”. Siapa pun bisa menulisnya: tanyakan kepada pemiliknya.",
  "device.isIn": "Perangkat ini sudah dimasukkan. Akun sedang dibuka …",
  "device.waitingAlone":
    "Kehilangan semua perangkat? Akun ini tidak punya wali: hanya perangkat lainnya yang bisa memasukkan perangkat ini.",
  "device.proposed": "Wali Anda sudah mengusulkan perangkat ini. Mulai {at} perangkat ini membuka akun.",
  "device.proposedThen":
    "Sampai saat itu perangkat lain dari akun ini bisa menolaknya. Halaman ini boleh ditutup: kembalilah saat itu, dan akun terbuka sendiri.",
  "device.otherProposed":
    "Wali Anda mengusulkan perangkat lain, untuk {at}. Seharusnya perangkat ini? Kirim lagi kodenya kepada wali Anda.",
  "device.wasRefused":
    "Salah satu perangkat akun ini menolak perangkat ini pada {at}. Bila itu bukan Anda, bicaralah dengan wali Anda, lalu kirim lagi kode ini.",
  "device.opening": "Masa tunggu selesai. Akun Anda sedang dibuka …",
  "device.openingElse": "Wali Anda juga bisa menyelesaikannya, di Akun.",
  "device.openIt": "Buka akun",
  "device.noGuardianTitle": "Tanpa wali?",
  "device.noGuardianMeans":
    "Perwalian berakhir pada {at}. Sampai saat itu setiap perangkat Anda bisa menolaknya.",
  "device.noGuardianLost":
    "Setelah itu tidak ada yang bisa mengembalikan akun: bila semua perangkat hilang, akun dan seluruh isinya hilang selamanya.",
  "device.noGuardianOne":
    "Ini satu-satunya perangkat Anda. Setelah itu tidak ada yang bisa mengembalikan akun: bila perangkat ini hilang, akun dan seluruh isinya hilang selamanya.",
  "device.addWallet": "Atau dompet sebagai cadangan",
  "device.addWalletWhy":
    "Dompet biasa, yang berkas atau kata-katanya Anda simpan di tempat aman. Bila semua perangkat hilang, dompet itu langsung memasukkan yang baru, tanpa wali. Siapa yang memegangnya bisa melakukan semua yang Anda bisa: pakailah hanya dompet milik Anda.",
  "device.walletField": "Alamat dompet",
  "device.addWalletSubmit": "Masukkan dompet",
  "device.leaveMeans":
    "Akun Anda dan isinya tetap seperti semula. Halaman ini tidak menampilkan dan tidak mengabarkan apa pun tentangnya sampai Anda memilihnya lagi.",
  "device.forget": "Hapus data saya di pencatat meter",
  "device.forgetTitle": "Hapus data akun ini di pencatat meter?",
  "device.forgetMeans":
    "Nama yang Anda berikan di sana dihapus, Anda keluar dari semua perangkat, dan kunci program Anda dicabut. Anda bisa masuk lagi kapan saja.",
  "device.forgetStays":
    "Yang tercatat di blockchain tetap ada selamanya dan terbuka bagi semua orang: meter Anda, yang dibukukan, dan jual beli Anda. Begitu juga pembacaan meter Anda, perintah kepadanya, dan catatan siapa berbuat apa.",
  "device.forgetAct": "Hapus",
  "device.forgotten": "Data akun ini sudah dihapus di pencatat meter.",
  "device.spareOpens": "Akun yang dibuka dompet ini",
  "device.spareOpensWhy":
    "Dompet ini cadangannya. Kehilangan semua perangkat? Buat kode di perangkat baru, di bagian “Perangkat baru”, tempelkan di sini, dan perangkat baru itu membuka akunnya.",
} as const;
