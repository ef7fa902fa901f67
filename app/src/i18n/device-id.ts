/** Indonesian about an account's devices, fetched with what says it: the source of the keys and `{values}`. */
export const deviceId = {
  "device.lookedAfterTell":
    "Alamat setiap akun ada di bawah: yang kehilangan ponselnya mengetiknya di ponsel baru, di bagian “Perangkat baru”.",
  "device.cancel": "Batal",
  "device.codeEmpty": "Pindai atau tempelkan dulu kodenya.",
  "device.codeCut": "Kode ini tidak lengkap. Salin seluruhnya.",
};
