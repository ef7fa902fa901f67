/**
 * Keeps the shell usable offline. The build puts its own files in place of the two names below (`vite.config.ts`).
 * What chain, index and oracle say is never kept: an old price is worse than none.
 */
const CACHE = `enerlink-${BUILD}`;
const SHELL = ["/theme.js", "/icon.svg", "/manifest.webmanifest", ...FILES];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      // The page that is open needs what was kept as much as the next one does.
      .then(() => self.clients.claim()),
  );
});

/** The network's answer, kept for later; what was kept where there is none. */
async function freshOrKept(request, key) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(key, answer.clone());
    return answer;
  } catch (error) {
    const kept = await cache.match(key);
    if (kept) return kept;
    throw error;
  }
}

/** What is built has its content in its name: what was kept is good for ever. */
async function keptOrFresh(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate")
    event.respondWith(freshOrKept(request, FILES.includes(url.pathname) ? url.pathname : "/"));
  else if (url.pathname === "/config.json") event.respondWith(freshOrKept(request, "/config.json"));
  else event.respondWith(keptOrFresh(request));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((windows) => {
      const [open] = windows;
      return open ? open.focus() : self.clients.openWindow("/notifications");
    }),
  );
});
