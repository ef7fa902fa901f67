/** Indonesian about the last hour of a home that shares with nobody, fetched with it: the source of the keys and `{values}`. */
export const outsideId = {
  "outside.counted":
    "Sejam terakhir rumah Anda mengirim {exported} ke jaringan dan mengambil {imported} dari jaringan.",
  "outside.countedAnd":
    "Sejam terakhir rumah Anda mengirim {exported} ke jaringan dan mengambil {imported} dari jaringan; {what}.",
  "outside.traded": "Sejam terakhir {what}. Hitungan meter untuk jam itu belum dibukukan.",
  "outside.unread": "Sejam terakhir meter Anda belum dibukukan.",
  "outside.bookSold": "{energy} terjual di pasar seharga {idrs}, rata-rata {price}",
  "outside.bookBought": "{energy} terbeli di pasar seharga {idrs}, rata-rata {price}",
  "outside.buyer.taken": ", dari {names}: yang termurah saat itu",
  "outside.buyer.waited": ", dari {names}, yang menjual dengan harga order Anda",
  "outside.buyer.both": ", dari {names}: yang termurah saat itu, atau dengan harga order Anda",
  "outside.seller.taken": ", ke {names}: yang membayar tertinggi saat itu",
  "outside.seller.waited": ", ke {names}, yang membeli dengan harga order Anda",
  "outside.seller.both": ", ke {names}: yang membayar tertinggi saat itu, atau dengan harga order Anda",
  "outside.others": "{count} lainnya",
  "outside.trades": "Lihat perdagangan ini",
  "outside.offersSold": "{energy} dari baterai Anda terjual seharga {idrs}, rata-rata {price}",
  "outside.offersBought": "{energy} terbeli dari baterai tetangga seharga {idrs}, rata-rata {price}",
  "outside.seller.offered": ", ke {names}, yang mengambil penawaran Anda",
  "outside.buyer.offered": ", dari {names}, dengan harga penawaran yang Anda pilih",
} as const;
