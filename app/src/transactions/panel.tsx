/** Where a transaction stands, from signature to finality; the same everywhere, and still there after a reload. */
import { Check, ChevronDown, CircleAlert, Info, LoaderCircle } from "lucide-react";
import { useEffect } from "react";
import { useConnection } from "wagmi";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { Button, classes, Time } from "../ui/index.ts";
import { actionText, problemText } from "./problem.ts";
import { type Transaction, useTransactions } from "./store.ts";

/** How long the panel stays when there is nothing left to wait for. */
const DONE_MILLISECONDS = 8_000;

const steps = ["signing", "sent", "mined", "final"] as const;
type Step = (typeof steps)[number];

/** How many steps are behind a transaction: all of them when it is final. */
function reached({ stage, failedAt }: Transaction): number {
  if (stage === "final") return steps.length;
  const at = stage === "failed" ? (failedAt ?? "signing") : stage === "declined" ? "signing" : stage;
  return steps.indexOf(at) + (at === "mined" ? 1 : 0);
}

/** A transaction that is mined is done for most readers; only its finality is still awaited. */
const isWaiting = ({ stage }: Transaction) => stage === "signing" || stage === "sent";

export function TransactionPanel() {
  const i18n = useI18n();
  const { t } = i18n;
  const { chainKey } = useSystem();
  const { transactions, shown, show } = useTransactions();
  const { address } = useConnection();
  const mine = transactions.filter((one) => one.chainKey === chainKey && one.account === address);
  const current = mine.find(({ id }) => id === shown);
  const done = current?.stage === "final" || current?.stage === "declined";
  const waiting = mine.find(isWaiting);

  // What is done makes room by itself; what failed waits until it was read.
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => show(undefined), DONE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [done, show]);

  if (!current) {
    if (!waiting) return null;
    return (
      <div className="fixed right-4 bottom-[calc(var(--bar)+1rem)] z-30 lg:right-auto lg:bottom-4 lg:left-[calc(var(--rail)+1rem)]">
        <Button className="shadow-card" onClick={() => show(waiting.id)}>
          <LoaderCircle className="size-4 animate-spin" />
          {t("transaction.waiting")}
        </Button>
      </div>
    );
  }

  const failed = current.stage === "failed";
  const declined = current.stage === "declined";
  return (
    <section
      aria-label={t("transaction.panel")}
      aria-live="polite"
      data-stage={current.stage}
      className="fixed inset-x-2 bottom-[calc(var(--bar)+0.5rem)] z-30 animate-[appear_150ms_ease-out] rounded-card border bg-surface p-4 shadow-card md:inset-x-auto md:right-4 md:w-96 lg:right-auto lg:bottom-4 lg:left-[calc(var(--rail)+1rem)]"
    >
      <header className="flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h2 className="font-semibold">{actionText(current.action, i18n)}</h2>
          <p className="text-sm text-muted">
            <Time at={Math.floor(current.startedAt / 1_000)} />
          </p>
        </div>
        <Button
          look="quiet"
          size="small"
          aria-label={t("transaction.minimise")}
          onClick={() => show(undefined)}
        >
          <ChevronDown className="size-5" />
        </Button>
      </header>
      {!declined && <Steps transaction={current} />}
      {failed && current.problem && (
        <p role="alert" className="mt-3 flex gap-2 rounded-control bg-sell-soft p-3 text-sm text-sell">
          <CircleAlert className="mt-0.5 size-4 shrink-0" />
          {problemText(current.problem, i18n)}
        </p>
      )}
      {declined && (
        <p className="mt-3 flex gap-2 rounded-control bg-sunken p-3 text-sm">
          <Info className="mt-0.5 size-4 shrink-0" />
          {t("transaction.declined")}
        </p>
      )}
      {current.stage === "signing" && (
        <p className="mt-3 text-sm text-muted">{t(`transaction.asked.${current.asked}`)}</p>
      )}
    </section>
  );
}

function Steps({ transaction }: { transaction: Transaction }) {
  const { t } = useI18n();
  const done = reached(transaction);
  const failed = transaction.stage === "failed";
  const look = (index: number): "done" | "failed" | "now" | "ahead" => {
    if (index < done) return "done";
    if (index > done) return "ahead";
    return failed ? "failed" : "now";
  };
  return (
    <ol className="mt-3 grid grid-cols-4 gap-1 text-center text-xs">
      {steps.map((step: Step, index) => (
        <li key={step} aria-current={look(index) === "now" ? "step" : undefined}>
          <span
            className={classes(
              "mx-auto mb-1 grid size-6 place-items-center rounded-full font-semibold",
              {
                done: "bg-buy text-surface",
                failed: "bg-sell text-surface",
                now: "bg-accent text-on-accent",
                ahead: "bg-sunken text-muted",
              }[look(index)],
            )}
          >
            {look(index) === "done" ? (
              <Check className="size-4" />
            ) : look(index) === "now" ? (
              <LoaderCircle className="size-4 animate-spin" />
            ) : look(index) === "failed" ? (
              "!"
            ) : (
              index + 1
            )}
          </span>
          {t(`transaction.step.${step}`)}
        </li>
      ))}
    </ol>
  );
}
