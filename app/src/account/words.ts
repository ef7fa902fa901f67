/** The reader's language with the words about an account's devices, which are fetched with what says them. */
import { deviceEn } from "../i18n/device-en.ts";
import { deviceId } from "../i18n/device-id.ts";
import { type I18nWith, useWords } from "../i18n/index.ts";

export const deviceWords = { id: deviceId, en: deviceEn };
export type DeviceI18n = I18nWith<typeof deviceId>;

export const useDeviceWords = (): DeviceI18n => useWords(deviceWords);
