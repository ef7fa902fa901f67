export { Broken, Fetching, NotFound } from "./fallbacks.tsx";
export { Layout } from "./layout.tsx";
export { usePreferences, watchTheme } from "./preferences.ts";
