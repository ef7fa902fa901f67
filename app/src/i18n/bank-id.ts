/** Indonesian that only what goes to and comes from the bank says. */
export const bankId = {
  "wallet.payOutElsewhere":
    "Pencairan diambil dari dompet. {amount} ada di saldo dagang: tarik dulu ke dompet.",
  "wallet.payOutReview": "Periksa pencairan",
  "wallet.payOutSubmit": "Cairkan ke bank",
  "wallet.payOutCode": "Kode pencairan Anda",
  "wallet.payOutCodeWhy":
    "Sampaikan kode ini sekali saja kepada bank yang menyimpan rupiah di balik saldo Anda, bersama nomor rekening Anda: pengelola komunitas Anda memberi tahu bank mana itu dan cara menghubunginya. Dengan kode ini bank tahu bahwa pencairan itu milik Anda. Setiap perangkat Anda punya kodenya sendiri.",
  "wallet.transferHint":
    "Transfer ke bank penerbit dengan berita {address}. Saldo muncul setelah uangnya diterima.",
  "wallet.faucetHint": "Jaringan uji: rupiah percobaan gratis, paling banyak {most} sekali isi.",
  "wallet.whichBank": "Bank tujuan",
  "wallet.bankAccount": "Nomor rekening",
  "wallet.holder": "Nama pemilik rekening",
  "wallet.holderIs": "atas nama {name}",
  "wallet.nameLength": "2 sampai {most} karakter.",
  "wallet.payOutTo": "Dicairkan ke",
  "wallet.bankAccountDigits": "6 sampai 20 angka.",
  "wallet.staysInWallet": "Tersisa di dompet",
  "wallet.payOutCodeSigns":
    "0 selalu angka nol dan 1 selalu angka satu: huruf O, I, L, dan U tidak pernah dipakai.",
  "wallet.payOutSeen":
    "Seperti semua pembayaran di sini, orang lain bisa melihat jumlahnya, tetapi tidak pernah nomor rekeningnya.",
} as const;
