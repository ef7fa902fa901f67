/** Boots the dApp: settings of the host, messages of the reader's language, then the pages. */
import "./app.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, startTransition } from "react";
import { createRoot } from "react-dom/client";
import { WagmiProvider } from "wagmi";
import { I18nProvider, loadMessages, type Messages } from "./i18n/index.ts";
import { router } from "./routes.tsx";
import { usePreferences, watchTheme } from "./shell/index.ts";
import { loadConfig, makeSystem, type System, SystemProvider } from "./system/index.ts";
import { untilLoaded } from "./ui/index.ts";

/** When the service worker starts to fetch what an offline visit needs. */
const WORKER_MILLISECONDS = 5_000;

watchTheme();
const root = createRoot(document.getElementById("root")!);
const queries = new QueryClient({
  defaultOptions: {
    // Asked without a network as well: that nothing answers is to be said, and what is on this machine may answer.
    queries: { staleTime: 1_000, refetchOnWindowFocus: true, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

function App({ system, messages }: { system: System; messages: Messages }) {
  const language = usePreferences((preferences) => preferences.language);
  return (
    <I18nProvider language={language} initial={messages} fetching={untilLoaded}>
      <SystemProvider value={system}>
        <WagmiProvider config={system.wagmi}>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </WagmiProvider>
      </SystemProvider>
    </I18nProvider>
  );
}

/** The one page that has no settings to live on. */
function CannotStart({ messages, reason }: { messages: Messages; reason: string }) {
  return (
    <main className="mx-auto grid max-w-md gap-3 p-6 pt-24">
      <h1 className="text-xl font-semibold">{messages["shell.cannotStart"]}</h1>
      <p className="text-muted">{messages["shell.cannotStartHint"]}</p>
      <pre className="overflow-x-auto rounded-control bg-sunken p-3 text-sm whitespace-pre-wrap">
        {reason}
      </pre>
    </main>
  );
}

/** The settings, the words and the page that was asked for, side by side; what the build drew stands until all are there. */
async function start() {
  const settings = loadConfig();
  settings.catch(() => {});
  const page = router.load();
  const messages = await loadMessages(usePreferences.getState().language);
  try {
    const system = makeSystem(await settings);
    await page;
    // In slices: a tap meanwhile is not kept waiting.
    startTransition(() =>
      root.render(
        <StrictMode>
          <App system={system} messages={messages} />
        </StrictMode>,
      ),
    );
  } catch (error) {
    root.render(
      <CannotStart messages={messages} reason={error instanceof Error ? error.message : String(error)} />,
    );
  }
}
// Not awaited at the top level: chunks could then not be merged, and a phone would fetch dozens.
void start();

// A development server's files change under a worker's feet. What is kept for later must not hold up what is needed now.
if (import.meta.env.PROD && "serviceWorker" in navigator)
  setTimeout(() => void navigator.serviceWorker.register("/sw.js"), WORKER_MILLISECONDS);
