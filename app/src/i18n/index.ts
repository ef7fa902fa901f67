export {
  fill,
  type I18n,
  I18nProvider,
  type I18nWith,
  loadMessages,
  makeI18n,
  type PageWords,
  type Translate,
  useI18n,
  useWords,
  withWords,
} from "./i18n.tsx";
export type { MessageKey, Messages, ToldKey } from "./messages.ts";
