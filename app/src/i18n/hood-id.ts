/** Indonesian that only the neighbourhood's page says, fetched with it: the source of the keys and `{values}`. */
export const hoodId = {
  "hood.connect": "Pilih akun untuk melihat lingkungan Anda.",
  "hood.noMeter": "Belum ada rumah atas nama Anda",
  "hood.noMeterHint": "Begitu sebuah meter menjadi milik Anda, rumahnya bisa berbagi dengan tetangga.",
  "hood.none": "Di sini belum ada lingkungan berbagi",
  "hood.noneHint":
    "Operator membentuknya bersama PLN. Rumah Anda cukup bergabung sekali, lalu kelebihannya mengalir ke tetangga dengan sendirinya.",
  "hood.slots": "Yang baru terjadi",
  "hood.running": "berjalan sampai {time}",
  "hood.noSlot": "Belum ada yang dibagikan",
  "hood.noSlotHint": "Setelah periode pertama selesai, yang dibagikan tetangga dan alasannya muncul di sini.",
  "hood.several": "Jumlah dari {count} periode, dengan harga rata-ratanya.",
  "hood.chart": "Kelebihan dan kebutuhan tetangga, serta harganya",
  "hood.surplus": "kelebihan",
  "hood.need": "kebutuhan",
  "hood.price": "harga antartetangga",
  "hood.plnSells": "PLN menjual {price}",
  "hood.plnBuys": "PLN membeli {price}",
  "hood.youSellFrom": "Anda: mulai {price}",
  "hood.youBuyUpTo": "Anda: sampai {price} dengan biaya",
  "hood.earned": "diterima",
  "hood.paid": "dibayar",
  "hood.better": "{amount} lebih hemat dibanding PLN saja",
  "hood.same": "sama dengan PLN saja",
  "hood.worse": "{amount} kurang hemat dibanding PLN saja",
  "hood.limits": "Batas Anda",
  "hood.terms":
    "PLN membeli seharga {feedIn} dan menjual seharga {retail}. Harga antartetangga mengikuti kelebihan dan kebutuhan; pembeli menambah {fee} untuk jaringan.",
  "hood.termsKept":
    "PLN menjual seharga {retail} dan tidak membayar kelebihan Anda: yang tidak diambil tetangga tetap milik Anda sebagai energi. Harga antartetangga mengikuti kelebihan dan kebutuhan; pembeli menambah {fee} untuk jaringan.",
  "hood.sellFrom": "Jual mulai",
  "hood.buyUpTo": "Beli sampai, termasuk biaya",
  "hood.any": "asal tidak lebih buruk dari PLN",
  "hood.isWidest": "Anda berbagi pada harga apa pun yang tidak lebih buruk daripada PLN.",
  "hood.isNarrow": "Yang tidak sesuai batas Anda pergi ke PLN, atau datang dari PLN.",
  "hood.isNarrowKept": "Yang di luar batas Anda tetap milik Anda sebagai energi, atau diambil dari PLN.",
  "hood.fillLimits": "Isi kedua batas untuk melihat apa artinya minggu lalu.",
  "hood.noWeek": "Minggu lalu tidak ada yang dibagikan, jadi belum ada pembandingnya.",
  "hood.nothingKnown": "Untuk waktu sejak {from} belum ada yang diketahui tentang rumah Anda.",
  "hood.meant":
    "Dengan batas ini, sejak {from}: berbagi dalam {shared} dari {periods} periode, {sold} terjual ke dan {bought} terbeli dari tetangga, {better} lebih hemat dibanding PLN saja.",
  "hood.meantChart": "Arti batas ini, periode demi periode",
  "hood.meantHint":
    "Dihitung dari meter Anda dan hitungan para tetangga, seandainya rumah Anda ikut serta dan tidak ada yang menolak harganya.",
  "hood.soldTo": "terjual ke tetangga",
  "hood.boughtFrom": "terbeli dari tetangga",
  "hood.changeLimits": "Ubah batas",
  "hood.saveLimits": "Simpan batas",
  "hood.quit": "Keluar dari lingkungan",
  "hood.quitTitle": "{home} keluar dari lingkungan",
  "hood.quitMeans":
    "Mulai pembacaan berikutnya rumah Anda tidak berbagi dengan siapa pun. Kelebihannya menjadi energi di saldo dagang yang Anda jual sendiri di Pasar atau Sekitar; yang diambilnya harus dibeli di sana.",
  "hood.quitBack": "Untuk kembali, Anda perlu izin petugas pendaftaran lagi.",
  "hood.stay": "Tetap di sini",
  "hood.quitSubmit": "Keluar",
  "hood.joinTitle": "Rumah Anda boleh bergabung",
  "hood.joinWith": "Bergabung dengan {home}",
  "hood.pointShare": "Kelebihan atap Anda lebih dulu ke tetangga, kekurangan Anda lebih dulu dari mereka.",
  "hood.pointRest":
    "PLN mengambil dan memberi sisanya dengan tarifnya sendiri: dengan batas ini Anda tidak pernah lebih rugi daripada hanya dengan PLN.",
  "hood.pointAlone":
    "Semuanya berjalan sendiri. Anda mengatur dua batas sekali saja, dan boleh mengubahnya atau keluar kapan pun; untuk kembali perlu izin.",
  "hood.firstReading": "Pembacaan pertama meter Anda sedang ditunggu, kira-kira satu menit.",
  "hood.layAside": "Dari dompet ke saldo dagang",
  "hood.layAsideHint":
    "Yang diambil rumah Anda dibayar dari saldo dagang, dan yang diberikannya dibayar ke sana. Uangnya tetap milik Anda.",
  "hood.layingAside":
    "Memindahkan {idrs} dari dompet ke saldo dagang. Bisa ditarik lagi ke dompet kapan saja.",
  "hood.noMoney":
    "Anda belum punya rupiah untuk membeli. Anda bisa bergabung sekarang dan mengisi saldo nanti; sampai saat itu yang diambil menjadi utang.",
  "hood.accept": "Setujui dan bergabung",
  "hood.outside": "{home} belum ikut berbagi",
  "hood.outsideWhy":
    "Para tetangga berbagi kelebihan atapnya dengan sendirinya, dengan harga di antara kedua tarif PLN.",
  "hood.outsideAsk":
    "Minta petugas pendaftaran mengizinkan {home}: ia memeriksa apakah rumah Anda berada di titik jaringan yang sama.",
  "hood.outsideThen": "Lalu kembali ke sini dan bergabung dalam satu langkah.",
  "hood.wouldHave": "Berapa nilainya seandainya ikut",
  "hood.noSlotThen": "Untuk hari itu tidak ada yang diketahui. Pilih hari lain.",
  "hood.slotsOf": "Yang terjadi pada {day}",
  "hood.lastDay": "24 jam terakhir",
  "hood.dayBefore": "Hari sebelumnya",
  "hood.dayAfter": "Hari berikutnya",
  "hood.each": "Lihat {from} sampai {to} satu per satu",
  "hood.wholeDay": "Kembali ke sehari penuh",
  "hood.buyers": "Dibeli oleh {names}.",
  "hood.buyersOfAll": "Semua penjual bersama-sama menjual {all}; dibeli oleh {names}.",
  "hood.sellersToAll": "Semua pembeli bersama-sama membeli {all}; asalnya dari {names}.",
  "hood.sellers": "Asalnya dari {names}.",
  "hood.otherHomes": "{count} rumah lain",
  "hood.joinOwes":
    "Rumah ini berutang {debt} yang diambilnya sebelum ini. Berbagi tidak melunasinya: lunasi di Meter. Sampai bergabung, utangnya bertambah bila Anda tidak punya energi.",
  "hood.joinSoon": "Sampai bergabung, yang diambilnya menjadi utang bila Anda tidak punya energi.",
  "hood.neverSells":
    "Tidak ada yang terjual ke tetangga pada batas ini: mereka paling tinggi membayar {most}, yaitu {retail} dari PLN dikurangi {fee} untuk jaringan.",
  "hood.neverBuys":
    "Tidak ada yang terbeli dari tetangga pada batas ini: termasuk {fee} untuk jaringan, harganya tidak pernah di bawah {least}.",
  "hour.is": "Sejam terakhir {what}.",
  "hour.toNeighbours": "{energy} ke tetangga seharga {price}",
  "hour.fromNeighbours": "{energy} dari tetangga seharga {price}",
  "hour.toUtility": "{energy} ke PLN seharga {price}",
  "hour.fromUtility": "{energy} dari PLN seharga {price}",
  "outlook.title": "Sehari ke depan",
  "outlook.cheap":
    "Energi tetangga biasanya paling murah pukul {from} sampai {to}: kebanyakan {price} atau kurang, {paid} dengan biaya jaringan. Sebaiknya mencuci dan mengisi daya saat itu.",
  "outlook.learning": "Kapan energi tetangga paling murah baru diketahui setelah seminggu berbagi.",
  "outlook.chart": "Perkiraan kelebihan dan kebutuhan rumah Anda, serta harganya, jam demi jam",
  "outlook.left": "kira-kira kelebihan",
  "outlook.needed": "kira-kira kebutuhan",
  "outlook.unknown": "belum diketahui",
  "outlook.foot":
    "Seperti jam yang sama dalam 14 hari terakhir; dalam kurung dan abu-abu, letak delapan dari sepuluh harga. Cuaca tidak ikut diperhitungkan.",
  "slot.nothing": "Tidak ada tetangga yang kelebihan atau membutuhkan listrik.",
  "slot.noSurplus": "Tidak ada yang kelebihan; tetangga membutuhkan {need}, semuanya dari PLN.",
  "slot.noNeed": "Tetangga kelebihan {surplus} dan tidak ada yang membutuhkan, jadi dikirim ke PLN.",
  "slot.noNeedKept":
    "Tetangga kelebihan {surplus} dan tidak ada yang membutuhkan. PLN tidak membayarnya, jadi tetap milik masing-masing.",
  "slot.notShared":
    "Tetangga kelebihan {surplus} dan membutuhkan {need}, tetapi tidak ada yang berbagi pada harga yang terbentuk.",
  "slot.shared":
    "Tetangga kelebihan {surplus} dan membutuhkan {need}. Mereka berbagi {shared} seharga {price}.",
  "price.lowest":
    "kelebihannya jauh lebih banyak daripada kebutuhannya, sehingga harganya serendah mungkin: {low}, yaitu harga beli PLN.",
  "price.highest":
    "kebutuhannya jauh lebih banyak daripada kelebihannya, sehingga harganya setinggi mungkin: {retail}, yaitu harga jual PLN, dikurangi biaya jaringan {fee}.",
  "price.nearLowest":
    "kelebihannya lebih banyak daripada kebutuhannya, jadi harganya lebih dekat ke yang terendah, {low} (harga beli PLN), daripada ke yang tertinggi, {high} (harga jual PLN dikurangi biaya jaringan).",
  "price.nearHighest":
    "kebutuhannya lebih banyak daripada kelebihannya, jadi harganya lebih dekat ke yang tertinggi, {high} (harga jual PLN dikurangi biaya jaringan), daripada ke yang terendah, {low} (harga beli PLN).",
  "price.middle":
    "kelebihan dan kebutuhannya kira-kira sama banyak, jadi harganya di tengah-tengah antara {low} dan {high}.",
  "price.ofRead": "Harga hanya dihitung dari rumah yang meternya terbaca juga di awal periode: {what}",
  "price.moved":
    "Harganya bergerak antara {low} dan {high}, mengikuti kelebihan dan kebutuhan dari periode ke periode.",
  "hood.limitsThen": "Batas Anda waktu itu: jual mulai {sellFrom}, beli sampai {buyUpTo} termasuk biaya.",
  "hood.limitsMoved": "Anda mengubah batas dalam waktu ini.",
  "hours.sold": "Anda menjual {energy} kepada tetangga, rata-rata seharga {price}.",
  "hours.bought": "Anda membeli {energy} dari tetangga, rata-rata seharga {price} termasuk biaya jaringan.",
  "hours.toUtility": "{energy} ke PLN seharga {price}, {reasons}.",
  "hours.fromUtility": "{energy} dari PLN seharga {price}, {reasons}.",
  "hours.sold.rest": "karena kelebihannya lebih banyak daripada kebutuhan tetangga",
  "hours.sold.limits": "karena tidak semua yang membutuhkan membeli dengan harga antartetangga",
  "hours.sold.nobody": "karena tidak ada tetangga yang membutuhkan",
  "hours.sold.limit": "karena tetangga membayar di bawah batas Anda",
  "hours.sold.others": "karena tidak ada tetangga yang membeli pada harga itu",
  "hours.sold.unread": "karena meter rumah Anda tidak terbaca pada awalnya",
  "hours.bought.rest": "karena kebutuhan tetangga lebih banyak daripada kelebihannya",
  "hours.bought.limits": "karena tidak semua yang kelebihan menjual dengan harga antartetangga",
  "hours.bought.nobody": "karena tidak ada tetangga yang kelebihan",
  "hours.bought.limit": "karena tetangga meminta di atas batas Anda",
  "hours.bought.others": "karena tidak ada tetangga yang menjual pada harga itu",
  "hours.bought.unread": "karena meter rumah Anda tidak terbaca pada awalnya",
} as const;
