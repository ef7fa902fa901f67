// Sets theme and language before the first paint, from what `src/shell/preferences.ts` stored.
{
  let stored = {};
  try {
    stored = JSON.parse(localStorage.getItem("enerlink.preferences"))?.state ?? {};
  } catch {
    // Unreadable preferences are as good as none.
  }
  const dark =
    stored.theme === "dark" ||
    (stored.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
  if (stored.language === "en" || stored.language === "id") document.documentElement.lang = stored.language;
}
