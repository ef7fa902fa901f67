/**
 * What a place shows before any script runs: its frame, the words that always stand there, the shape of the rest.
 * Drawn by the build into the place's HTML (`vite.config.ts`), in both languages, of which `public/theme.js` shows one.
 */
import { CircleUserRound } from "lucide-react";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { WelcomeWords } from "../home/welcome.tsx";
import { en } from "../i18n/en.ts";
import { id } from "../i18n/id.ts";
import { I18nProvider, type Messages, useI18n } from "../i18n/index.ts";
import { Card, Empty, Skeleton } from "../ui/card.tsx";
import { Intro } from "../ui/intro.tsx";
import { Frame, places } from "./frame.tsx";

const languages = { id, en } satisfies Record<string, Messages>;

/** Heights of what comes on a page. */
const shapes: Record<string, string[]> = {
  "/": ["h-40", "h-52", "h-64"],
  "/market": ["h-13", "h-64 lg:h-80", "h-96"],
  "/nearby": ["h-11", "h-64 md:h-80", "h-40", "h-48"],
  "/neighbourhood": ["h-[32rem]", "h-64"],
  "/money": ["h-44", "h-80", "h-64"],
};

/** @returns each place's path, with the markup of its first paint in each language */
export const firstPaints = () =>
  places.map(({ to }) => ({ path: to, id: firstPaint(to, "id"), en: firstPaint(to, "en") }));

const firstPaint = (path: string, language: keyof typeof languages) =>
  renderToStaticMarkup(
    <I18nProvider language={language} initial={languages[language]}>
      <div className="lg:flex lg:h-dvh lg:flex-col lg:pl-(--rail)">
        <Frame
          path={path}
          link={({ to, ...link }) => (
            <a href={to} aria-current={to === path ? "page" : undefined} {...link} />
          )}
          settings={null}
          bell={<span className="size-10" />}
          account={<Skeleton className="h-9 w-32" />}
        >
          {path === "/" ? <Home /> : <Shape path={path} />}
        </Frame>
      </div>
    </I18nProvider>,
  );

/** Words for who is new, shapes for who was here before: `theme.js` says which. */
function Home(): ReactNode {
  const { t } = useI18n();
  return (
    <>
      <Card className="mx-auto max-w-xl in-data-known:hidden">
        <WelcomeWords />
        <Empty icon={<CircleUserRound />} title={t("home.connect")}>
          <div className="mt-2 grid gap-2">
            <Skeleton className="h-11 w-64" />
            <Skeleton className="h-11 w-64" />
          </div>
        </Empty>
      </Card>
      <div className="hidden in-data-known:block">
        <Shape path="/" />
      </div>
    </>
  );
}

const intros = { "/market": "market.intro", "/nearby": "nearby.intro" } as const;

function Shape({ path }: { path: string }) {
  const { t } = useI18n();
  return (
    <div className="grid gap-3">
      {(path === "/market" || path === "/nearby") && <Intro early>{t(intros[path])}</Intro>}
      {(shapes[path] ?? ["h-64", "h-64"]).map((height, index) => (
        <Skeleton key={String(index)} className={height} />
      ))}
    </div>
  );
}
