export {
  fill,
  type I18n,
  I18nProvider,
  loadMessages,
  makeI18n,
  type Translate,
  useI18n,
} from "./i18n.tsx";
export type { MessageKey, Messages, ToldKey } from "./messages.ts";
