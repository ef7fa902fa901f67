/** Language and theme, kept in the browser. `public/theme.js` reads the same entry before the first paint. */
import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { Language } from "../format/index.ts";

export type Theme = "system" | "light" | "dark";

type Preferences = {
  language: Language;
  theme: Theme;
  setLanguage: (language: Language) => void;
  setTheme: (theme: Theme) => void;
};

/** The browser's, as `public/theme.js` found it. */
const preferred: Language = document.documentElement.lang === "en" ? "en" : "id";

export const usePreferences = create<Preferences>()(
  persist(
    (set) => ({
      language: preferred,
      theme: "system",
      setLanguage: (language) => set({ language }),
      setTheme: (theme) => set({ theme }),
    }),
    { name: "enerlink.preferences" },
  ),
);

const darkScheme = matchMedia("(prefers-color-scheme: dark)");

function applyTheme() {
  const { theme } = usePreferences.getState();
  document.documentElement.classList.toggle(
    "dark",
    theme === "dark" || (theme === "system" && darkScheme.matches),
  );
}

/** Keeps the page in the chosen theme, and with the system's where that is chosen. */
export function watchTheme(): void {
  applyTheme();
  usePreferences.subscribe(applyTheme);
  darkScheme.addEventListener("change", applyTheme);
}
