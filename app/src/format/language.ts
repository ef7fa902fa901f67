export type Language = "id" | "en";

export const locales = { id: "id-ID", en: "en-GB" } as const;
