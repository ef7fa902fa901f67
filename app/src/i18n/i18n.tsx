/** The reader's language: typed messages with `{values}`, and amounts and times in the same language. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { type Format, type Language, locales, makeFormat, pluralRules } from "../format/index.ts";
import type { Messages, Source, Told } from "./messages.ts";

type Names<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Names<Rest>
  : never;
type Values<Text extends string> = [Names<Text>] extends [never]
  ? []
  : [values: { readonly [Name in Names<Text>]: string | number }];

/** Says what a catalog has under a key. */
export type Says<Catalog extends Readonly<Record<string, string>>> = <K extends keyof Catalog & string>(
  key: K,
  ...values: Values<Catalog[K]>
) => string;
export type Translate = Says<Source>;

/**
 * Puts `values` in place of their `{names}`, and of `{name|offer|offers}` the word that the language has for so many: the
 * first where it says one, the second otherwise.
 */
export function fill(
  text: string,
  values: Readonly<Record<string, string | number>>,
  language: Language = "id",
): string {
  return text.replace(
    /\{(\w+)(?:\|([^|{}]*)\|([^|{}]*))?\}/g,
    (whole, name: string, one?: string, more?: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      if (one === undefined || more === undefined) return String(value);
      return pluralRules(locales[language], {}).select(Number(value)) === "one" ? one : more;
    },
  );
}

/** Languages are loaded when first needed. */
const catalogs: Record<Language, () => Promise<Messages>> = {
  id: async () => (await import("./id.ts")).id,
  en: async () => (await import("./en.ts")).en,
};
export const loadMessages = (language: Language): Promise<Messages> => catalogs[language]();

const toldCatalogs: Record<Language, () => Promise<Told>> = {
  id: async () => (await import("./told-id.ts")).toldId,
  en: async () => (await import("./told-en.ts")).toldEn,
};

export type I18n = {
  t: Translate;
  /** A message whose key is only known at run time, such as a contract's error. */
  lookup: (key: string, values?: Record<string, string>) => string | undefined;
  /** Whether the words about transactions are there, which come after the page. */
  tells: boolean;
  format: Format;
};

export function makeI18n(language: Language, messages: Messages, told?: Partial<Told>): I18n {
  const known: Readonly<Record<string, string | undefined>>[] = [told ?? {}, messages];
  return {
    tells: told !== undefined,
    t: (key, ...[values]) => fill(messages[key], values ?? {}, language),
    lookup(key, values = {}) {
      const text = known.find((texts) => Object.hasOwn(texts, key))?.[key];
      return text === undefined ? undefined : fill(text, values, language);
    },
    format: makeFormat(language),
  };
}

/** Words that come with the page which says them, in every language: the first load has no room for them. */
export type PageWords<Catalog extends Readonly<Record<string, string>>> = {
  id: Catalog;
  en: { readonly [K in keyof Catalog]: string };
};
export type I18nWith<Catalog extends Readonly<Record<string, string>>> = Omit<I18n, "t"> & {
  t: Says<Source & Catalog>;
};

/** Says besides its own messages those of a page. */
export function withWords<Catalog extends Readonly<Record<string, string>>>(
  i18n: I18n,
  words: PageWords<Catalog>,
): I18nWith<Catalog> {
  const { language } = i18n.format;
  const own: Readonly<Record<string, string>> = words[language];
  const t = (key: string, values: Record<string, string | number> = {}) =>
    Object.hasOwn(own, key)
      ? fill(own[key]!, values, language)
      : (i18n.t as (key: string, values: Record<string, string | number>) => string)(key, values);
  const lookup: I18n["lookup"] = (key, values = {}) =>
    Object.hasOwn(own, key) ? fill(own[key]!, values, language) : i18n.lookup(key, values);
  return { ...i18n, lookup, t: t as unknown as Says<Source & Catalog> };
}

const I18nContext = createContext<I18n | null>(null);

type Loaded = { language: Language; messages: Messages; told?: Partial<Told> };

const atOnce = <T,>(load: () => Promise<T>): Promise<T> => load();

/** Keeps showing the language before until the next one is there. */
export function I18nProvider({
  language,
  initial,
  fetching = atOnce,
  children,
}: {
  language: Language;
  initial: Messages;
  /** How parts are fetched with a network that may be away. */
  fetching?: <T>(load: () => Promise<T>) => Promise<T>;
  children: ReactNode;
}) {
  const [loaded, setLoaded] = useState<Loaded>({ language, messages: initial });
  useEffect(() => {
    let wanted = true;
    const show = (next: Loaded) => wanted && setLoaded(next);
    void loadMessages(language).then((messages) => {
      // In another language than before, nothing of the one before.
      setLoaded((before) => (!wanted || before.language === language ? before : { language, messages }));
      // Where they cannot be fetched, names have to do.
      return fetching(toldCatalogs[language]).then(
        (told) => show({ language, messages, told }),
        () => show({ language, messages, told: {} }),
      );
    });
    return () => {
      wanted = false;
    };
  }, [language, fetching]);

  useEffect(() => {
    document.documentElement.lang = loaded.language;
  }, [loaded]);
  const value = useMemo<I18n>(() => makeI18n(loaded.language, loaded.messages, loaded.told), [loaded]);
  return <I18nContext.Provider value={value}>{children}</I18nContext.Provider>;
}

export function useI18n(): I18n {
  const i18n = useContext(I18nContext);
  if (!i18n) throw new Error("useI18n needs an I18nProvider above it");
  return i18n;
}

export function useWords<Catalog extends Readonly<Record<string, string>>>(
  words: PageWords<Catalog>,
): I18nWith<Catalog> {
  const i18n = useI18n();
  return useMemo(() => withWords(i18n, words), [i18n, words]);
}
