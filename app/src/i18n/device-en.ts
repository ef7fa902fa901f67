import type { deviceId } from "./device-id.ts";

/** English about an account's devices. */
export const deviceEn: { readonly [K in keyof typeof deviceId]: string } = {
  "device.lookedAfterTell":
    "Each account's address stands below: who lost the phone types it into the new one, under “New device”.",
  "device.cancel": "Cancel",
  "device.codeEmpty": "Paste or scan the code first.",
  "device.codeCut": "This code is not complete. Copy all of it.",
};
