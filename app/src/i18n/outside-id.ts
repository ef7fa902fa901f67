/** Indonesian about the last hour of a home that shares with nobody, fetched with it: the source of the keys and `{values}`. */
export const outsideId = {
  "outside.counted":
    "Sejam terakhir rumah Anda mengirim {exported} ke jaringan dan mengambil {imported} dari jaringan.",
  "outside.countedAnd":
    "Sejam terakhir rumah Anda mengirim {exported} ke jaringan dan mengambil {imported} dari jaringan; {what}.",
  "outside.traded": "Sejam terakhir {what}. Hitungan meter untuk jam itu belum dibukukan.",
  "outside.unread": "Sejam terakhir meter Anda belum dibukukan.",
  "outside.bookSold": "{energy} terjual di pasar seharga {idrs}",
  "outside.bookBought": "{energy} terbeli di pasar seharga {idrs}",
  "outside.offersSold": "{energy} dari baterai Anda terjual ke tetangga seharga {idrs}",
  "outside.offersBought": "{energy} terbeli dari baterai tetangga seharga {idrs}",
} as const;
