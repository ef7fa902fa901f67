export {
  fill,
  type I18n,
  I18nProvider,
  loadMessages,
  type MessageKey,
  type Messages,
  makeI18n,
  type ToldKey,
  type Translate,
  useI18n,
} from "./i18n.tsx";
