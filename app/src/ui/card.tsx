import { CloudOff } from "lucide-react";
import { createContext, type ReactNode, useContext } from "react";
import { useI18n } from "../i18n/index.ts";
import { classes } from "./classes.ts";

type Props = { title?: ReactNode; aside?: ReactNode; className?: string; children: ReactNode };

/** A titled piece of a page. */
export function Card({ title, aside, className, children }: Props) {
  return (
    <section className={classes("min-w-0 rounded-card border bg-surface p-4", className)}>
      {(title || aside) && (
        <header className="mb-3 flex min-h-6 flex-wrap items-center justify-between gap-x-3 gap-y-1">
          <h2 className="font-semibold wrap-anywhere">{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}

/** Says what a place is for while there is nothing in it, with the next step. */
export function Empty({ icon, title, children }: { icon?: ReactNode; title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col items-center gap-2 px-2 py-8 text-center">
      {icon && <div className="text-muted [&>svg]:size-8">{icon}</div>}
      <p className="font-medium">{title}</p>
      {children && <div className="max-w-sm text-sm text-muted">{children}</div>}
    </div>
  );
}

const AwayContext = createContext(false);
/** Around what lives on a service that does not answer: what cannot come is not drawn as coming. */
export const Away = AwayContext.Provider;

/** The shape of what comes. */
export function Skeleton({ className }: { className?: string }) {
  const { t } = useI18n();
  if (useContext(AwayContext))
    return (
      <p
        className={classes(
          "flex items-center justify-center gap-2 overflow-hidden rounded-control border border-dashed px-2 text-sm text-muted",
          className,
        )}
      >
        <CloudOff className="size-4 shrink-0" />
        <span className="truncate">{t("common.away")}</span>
      </p>
    );
  return (
    <div
      aria-hidden
      className={classes(
        // At rest at first: a page that moves is drawn anew sixty times a second, while its scripts need the processor.
        "animate-[pulse-soft_1.6s_ease-in-out_2s_infinite] rounded-control bg-sunken",
        className,
      )}
    />
  );
}

const tones = {
  neutral: "bg-sunken text-muted",
  good: "bg-buy-soft text-buy",
  bad: "bg-sell-soft text-sell",
  warning: "bg-warning-soft text-warning",
  accent: "bg-accent-soft text-accent",
  battery: "bg-battery-soft text-battery",
} as const;
export type Tone = keyof typeof tones;

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={classes(
        "inline-flex items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap",
        tones[tone],
      )}
    >
      {children}
    </span>
  );
}

/** Something that the reader should know, in the flow of the page. */
export function Notice({
  tone = "neutral",
  children,
}: {
  tone?: "neutral" | "bad" | "warning" | "accent";
  children: ReactNode;
}) {
  const look = tone === "neutral" ? "bg-sunken text-text" : tones[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={classes("rounded-control px-3 py-2 text-sm", look)}
    >
      {children}
    </div>
  );
}
