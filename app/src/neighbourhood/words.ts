/** The reader's language with the words of this page, which are fetched with it. */
import { hoodEn } from "../i18n/hood-en.ts";
import { hoodId } from "../i18n/hood-id.ts";
import { type I18nWith, useWords } from "../i18n/index.ts";

export const hoodWords = { id: hoodId, en: hoodEn };
export type HoodI18n = I18nWith<typeof hoodId>;

export const useHood = (): HoodI18n => useWords(hoodWords);
