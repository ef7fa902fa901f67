/** The reader's language with the words about the bank, which are fetched with this page. */
import { bankEn } from "../i18n/bank-en.ts";
import { bankId } from "../i18n/bank-id.ts";
import { type I18nWith, useWords } from "../i18n/index.ts";

const bankWords = { id: bankId, en: bankEn };

export const useBankWords = (): I18nWith<typeof bankId> => useWords(bankWords);
