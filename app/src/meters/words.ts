/** The reader's language with the words of this page, which are fetched with it. */
import { type I18nWith, useWords } from "../i18n/index.ts";
import { metersEn } from "../i18n/meters-en.ts";
import { metersId } from "../i18n/meters-id.ts";

const metersWords = { id: metersId, en: metersEn };

export const useMeterWords = (): I18nWith<typeof metersId> => useWords(metersWords);
