import type { I18n } from "../i18n/index.ts";

/** What a demo account is called: a household by its own name, those who run the market in the reader's language. */
export const demoLabel = (
  { name, label }: { name: string; label: string },
  { lookup }: Pick<I18n, "lookup">,
): string => lookup(`demo.${name}`) ?? (label || name);
