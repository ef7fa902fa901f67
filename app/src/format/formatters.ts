/**
 * The platform's own formatters. Each is made when it is first needed and kept: a phone takes milliseconds to make one, and
 * a page that made all of them before it was drawn showed its reader nothing for a quarter of a second.
 */
const kept = <Options, Formatter>(Formatter: new (locale: string, options: Options) => Formatter) => {
  const made = new Map<string, Formatter>();
  return (locale: string, options: Options): Formatter => {
    const key = locale + JSON.stringify(options);
    const known = made.get(key);
    if (known) return known;
    const formatter = new Formatter(locale, options);
    made.set(key, formatter);
    return formatter;
  };
};

export const numberFormat = kept<Intl.NumberFormatOptions, Intl.NumberFormat>(Intl.NumberFormat);
export const dateFormat = kept<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>(Intl.DateTimeFormat);
export const relativeFormat = kept<Intl.RelativeTimeFormatOptions, Intl.RelativeTimeFormat>(
  Intl.RelativeTimeFormat,
);
export const listFormat = kept<Intl.ListFormatOptions, Intl.ListFormat>(Intl.ListFormat);
export const pluralRules = kept<Intl.PluralRulesOptions, Intl.PluralRules>(Intl.PluralRules);
