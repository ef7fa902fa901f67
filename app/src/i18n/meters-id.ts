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
} as const;
