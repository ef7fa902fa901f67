/** Indonesian that only the meters' page says, fetched with it: the source of the keys and `{values}`. */
export const metersId = {
  "meters.details": "Rincian",
  "meters.rating": "Daya sambungan",
  "meters.ratingValue": "kirim {export}, ambil {import}",
  "meters.signed": "Bacaannya ditandatangani",
  "meters.signed.A": "oleh meter itu sendiri",
  "meters.signed.B": "oleh alat yang membacanya",
  "meters.signed.C": "tidak ditandatangani",
  "meters.mayOwe": "Boleh berutang sampai",
  "meters.period": "Periode hitungan",
  "meters.dearer":
    "Dengan penawaran sekarang harganya sekitar {price}, yaitu {more} lebih mahal daripada PLN ({retail}). Boleh ditunda: utang energi tidak berbunga.",
  "meters.proven.title": "Tercatat, belum dibukukan",
  "meters.proven.why":
    "Pembacaan meter Anda pukul {time} sudah tercatat di jaringan. Semua meter dibukukan bersama nanti. Kalau Anda butuh token atau uangnya lebih cepat, bukukan sekarang.",
  "meters.proven.counts": "Sejak pembukuan terakhir: {export} keluar, {import} masuk.",
  "meters.proven.settle": "Bukukan yang tercatat",
} as const;
