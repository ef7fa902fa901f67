// Before the first paint: theme and language, from what `src/shell/preferences.ts` stored, whether an account is known,
// and the page as the build drew it. After it: the scripts, which the build names on this script's tag. On a slow
// connection they would otherwise hold up the styles and the font of the words that already stand there.
{
  const read = (name) => {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null; // Unreadable preferences are as good as none.
    }
  };
  const { theme, language } = read("enerlink.preferences")?.state ?? {};
  const root = document.documentElement;
  root.classList.toggle(
    "dark",
    theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches),
  );
  // Indonesian unless the browser prefers English to it.
  const preferred = navigator.languages.find((tag) => /^(id|en)\b/.test(tag)) ?? "id";
  root.lang = language === "en" || language === "id" ? language : preferred.slice(0, 2);
  if (read("wagmi.recentConnectorId")) root.dataset.known = "";

  const { start, page, [root.lang]: words } = document.currentScript.dataset;
  const load = () => {
    new Worker("/formatters.js");
    for (const href of [...page.split(" "), words]) {
      const link = Object.assign(document.createElement("link"), {
        rel: "modulepreload",
        crossOrigin: "",
        href,
      });
      document.head.append(link);
    }
    document.head.append(Object.assign(document.createElement("script"), { type: "module", src: start }));
  };
  if (start)
    document.addEventListener("DOMContentLoaded", () => {
      document.getElementById("root").append(document.getElementById(root.lang).content.cloneNode(true));
      // A page that nobody looks at is not painted, and not every browser says when it was.
      if (document.hidden || !PerformanceObserver.supportedEntryTypes.includes("paint")) return load();
      new PerformanceObserver((painted, observer) => {
        if (painted.getEntriesByName("first-contentful-paint").length === 0) return;
        observer.disconnect();
        load();
      }).observe({ type: "paint", buffered: true });
    });
}
