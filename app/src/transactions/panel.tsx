/** Where a transaction stands, from signature to finality; the same everywhere, and still there after a reload. */
import { ChevronDown, CircleAlert, CircleCheck, CircleHelp, Info, LoaderCircle, X } from "lucide-react";
import { useEffect } from "react";
import { createPortal } from "react-dom";
import { useConnection } from "wagmi";
import { type I18n, useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { Button, classes, onDemand, usePlaceInSheet } from "../ui/index.ts";
import type { Attempted } from "./look.ts";
import { actionText, outcomeText, problemText } from "./problem.ts";
import { isUnresolved, type Transaction, update, useTransactions } from "./store.ts";

/** How long the panel stays when there is nothing left to wait for. */
const DONE_MILLISECONDS = 8_000;

const steps = ["signing", "sent", "mined", "final"] as const;

/** How many steps are behind a transaction: all of them when it is final. */
const behind = { signing: 0, sending: 1, sent: 2, mined: 3, final: 4, declined: 0 } as const;
const reached = ({ stage, failedAt = "signing" }: Transaction): number =>
  behind[stage === "failed" ? failedAt : stage];

type Tone = "busy" | "unsure" | "good" | "bad" | "neutral";

function toneOf({ stage, doubt }: Transaction): Tone {
  if (stage === "failed") return "bad";
  if (stage === "declined") return "neutral";
  if (stage === "mined" || stage === "final") return "good";
  return doubt ? "unsure" : "busy";
}

const looks = {
  busy: { Icon: LoaderCircle, icon: "animate-spin text-accent", bar: "bg-accent", text: "text-muted" },
  unsure: { Icon: CircleHelp, icon: "text-warning", bar: "bg-warning", text: "text-text" },
  good: { Icon: CircleCheck, icon: "text-buy", bar: "bg-buy", text: "text-text" },
  bad: { Icon: CircleAlert, icon: "text-sell", bar: "bg-sell", text: "text-sell" },
  neutral: { Icon: Info, icon: "text-muted", bar: "bg-muted", text: "text-text" },
} as const;

/** One sentence: how it stands, or what came of it. */
function statusOf(one: Transaction, i18n: I18n): string {
  const { t } = i18n;
  switch (one.stage) {
    case "signing":
      return t(`transaction.asked.${one.asked}`);
    case "sending":
      if (one.doubt === undefined) return t("transaction.sending");
      if (one.doubt === "unreachable" || one.doubt === "relay") return t(`transaction.doubt.${one.doubt}`);
      return t(one.attempt?.by === "page" ? "transaction.doubt.missing" : "transaction.doubt.wallet");
    case "sent":
      return t(one.doubt === "unreachable" ? "transaction.doubt.unreachableSent" : "transaction.sent");
    case "mined":
    case "final":
      return outcomeText(one, i18n);
    case "declined":
      return t("transaction.declined");
    case "failed":
      return one.problem ? problemText(one.problem, i18n) : t("stage.failed");
  }
}

/** The transactions of the connected account on this chain, and the one that is shown. */
function useOwn() {
  const { chainKey } = useSystem();
  const { address } = useConnection();
  const { transactions, shown } = useTransactions();
  const own = transactions.filter((one) => one.chainKey === chainKey && one.account === address);
  return { current: own.find(({ id }) => id === shown), waiting: own.filter(isUnresolved) };
}

export default function TransactionPanel() {
  const { t } = useI18n();
  const show = useTransactions((view) => view.show);
  const { current, waiting } = useOwn();
  const tone = current && toneOf(current);
  const id = current?.id;

  // What is done makes room by itself; what failed, or is not known, waits until it was read.
  useEffect(() => {
    if (id === undefined || (tone !== "good" && tone !== "neutral")) return;
    const timer = setTimeout(() => show(undefined), DONE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [id, tone, show]);

  if (current) return <Panel one={current} />;
  const [first] = waiting;
  if (!first) return null;
  return (
    <div
      className={classes(
        "fixed top-1.5 left-2 z-30 print:hidden md:left-1/2 md:-translate-x-1/2",
        "lg:top-auto lg:bottom-32 lg:left-2 lg:translate-x-0",
      )}
    >
      <Button className="shadow-card" onClick={() => show(first.id)}>
        <LoaderCircle className="size-4 animate-spin" />
        {t("transaction.waiting", { count: waiting.length })}
      </Button>
    </div>
  );
}

function Panel({ one }: { one: Transaction }) {
  const i18n = useI18n();
  const { t } = i18n;
  const show = useTransactions((view) => view.show);
  const tone = toneOf(one);
  const { Icon, icon, text } = looks[tone];
  const toRead = tone === "bad" || tone === "unsure";
  const inSheet = usePlaceInSheet();
  const place = toRead ? inSheet : undefined;
  const canLetGo = one.stage === "sending" && one.doubt === "missing" && one.attempt?.by !== "page";
  const section = (
    <section
      aria-label={t("transaction.panel")}
      aria-live="polite"
      data-stage={one.stage}
      className={classes(
        "overflow-hidden border bg-surface print:hidden animate-[appear_150ms_ease-out]",
        place
          ? "mx-4 mb-3 rounded-card"
          : classes(
              // Over the page's head it leaves all of the page to be read and pressed.
              "fixed inset-x-0 top-0 z-30 flex min-h-(--top) flex-col justify-between rounded-b-card border-t-0 shadow-card",
              "md:inset-x-auto md:left-1/2 md:w-96 md:-translate-x-1/2",
              "lg:left-2 lg:min-h-0 lg:translate-x-0 lg:rounded-card lg:border-t",
              // In the rail it begins below the places, of which it covers none; what has to be read takes its room.
              toRead
                ? "lg:top-auto lg:bottom-32 lg:w-96"
                : "lg:top-[min(31.5rem,100dvh-14rem)] lg:w-[calc(var(--rail)-1rem)]",
            ),
      )}
    >
      <div className="my-auto grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-2 py-2 pr-1 pl-3 leading-4.5 max-lg:text-sm lg:leading-5">
        <Icon className={classes("row-span-2 size-5 self-center lg:row-span-1", icon)} />
        <h2 className={tone === "good" ? "sr-only" : "self-center font-semibold lg:text-[0.9375rem]"}>
          {actionText(one.action, i18n)}
        </h2>
        {/* A receipt says by itself what was done. */}
        <p
          role={tone === "bad" ? "alert" : undefined}
          className={
            tone === "good"
              ? "self-center font-semibold lg:col-span-3 lg:col-start-1 lg:row-start-2 lg:pr-2 lg:pb-1"
              : classes(
                  "col-start-2 row-start-2 lg:col-span-3 lg:col-start-1 lg:pr-2 lg:pb-1 lg:text-sm",
                  text,
                )
          }
        >
          {statusOf(one, i18n)}
        </p>
        <Button
          look="quiet"
          size="icon"
          className="col-start-3 row-span-2 row-start-1 -my-1 size-10 self-center lg:row-span-1 lg:my-0"
          aria-label={t(isUnresolved(one) ? "transaction.minimise" : "common.close")}
          onClick={() => show(undefined)}
        >
          {isUnresolved(one) ? <ChevronDown className="size-5" /> : <X className="size-5" />}
        </Button>
        {canSpare(one) && <Spare transaction={one} />}
        {canLetGo && (
          <Button size="small" className="col-span-3 mr-2 mb-1" onClick={() => void letGo(one)}>
            {t("transaction.letGo")}
          </Button>
        )}
      </div>
      <Steps one={one} tone={tone} />
    </section>
  );
  return place ? createPortal(section, place) : section;
}

/** What a fingerprint signed is good for a while: anybody who has ether may bring it to the network. */
const canSpare = (one: Transaction): one is Attempted<"batch"> =>
  one.attempt?.by === "batch" &&
  (one.stage === "sending"
    ? one.doubt === "relay"
    : one.stage === "failed" && !!one.problem?.name.startsWith("relay."));

const Spare = onDemand(() => import("./spare.tsx"));

/** Only its reader can know that a wallet did not send what it was asked for. */
const letGo = ({ id }: Transaction) =>
  update(id, {
    ...{ stage: "failed", failedAt: "sending", doubt: undefined },
    problem: { name: "LetGo", values: {} },
  });

function Steps({ one, tone }: { one: Transaction; tone: Tone }) {
  const { t } = useI18n();
  const done = reached(one);
  return (
    <ol className="flex gap-0.5">
      {steps.map((step, index) => (
        <li
          key={step}
          aria-current={index === done ? "step" : undefined}
          className={classes(
            "h-1 flex-1",
            index < done || (index === done && tone !== "good") ? looks[tone].bar : "bg-sunken",
            index === done && tone === "busy" && "animate-[pulse-soft_1.6s_ease-in-out_infinite]",
          )}
        >
          <span className="sr-only">{t(`transaction.step.${step}`)}</span>
        </li>
      ))}
    </ol>
  );
}
