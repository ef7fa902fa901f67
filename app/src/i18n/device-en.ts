import type { deviceId } from "./device-id.ts";

/** English about an account's devices. */
export const deviceEn: { readonly [K in keyof typeof deviceId]: string } = {
  "device.lookedAfterTell":
    "Each account's address stands below: who lost the phone types it into the new one, under “New device”.",
  "device.cancel": "Cancel",
  "device.codeEmpty": "Paste or scan the code first.",
  "device.codeCut": "This code is not complete. Copy all of it.",
  "device.unfound":
    "The fingerprint was not given, or this device has no account here yet. Is your old phone lost, or is this your second one? Then add this device to your account.",
  "device.wallet":
    "This is a plain wallet: no device can be added to it. Type the address of the account that your fingerprint opens.",
  "device.absent":
    "There is no account at this address yet. Check the address; if your account is new, scan the code that your other device shows under “Add a device”.",
  "device.addThis": "Add this device",
  "device.removeTitle": "Remove that device?",
  "device.removeOwnTitle": "Remove this device?",
  "device.removeMeans":
    "It can be removed from {at} on. Until then it still opens the account, and any device can refuse.",
  "device.removeOwn":
    "This is the device that you are using. Once it is removed, it does not open the account any more.",
  "device.removeAll":
    "All other devices are to be removed too: none would be left to you. The account keeps only the last of them, and that may be one that is lost.",
  "device.lostGuardian": "Then only your guardian could bring the account back.",
  "device.lostForGood": "You have no guardian: then nobody could bring the account back.",
};
