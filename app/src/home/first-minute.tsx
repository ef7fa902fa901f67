/** A newcomer's first minute on the local chain: what to do, in order, until it is done or closed. */
import { Link, type LinkProps } from "@tanstack/react-router";
import { ArrowRight, Check, X } from "lucide-react";
import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { Account } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useMeters } from "../meters/index.ts";
import { DEMO_CHAIN_ID, useSystem } from "../system/index.ts";
import { useTransactions } from "../transactions/index.ts";
import { Button, buttonClass, Card, classes, Skeleton } from "../ui/index.ts";
import { useAnyOffer } from "./any-offer.ts";
import { sample } from "./next-step.ts";
import { useSituation } from "./situation.ts";
import { type Step, wordsOf } from "./tour.ts";

/** What is bought or sold to see how it goes. */
const FIRST_ORDER_WH = 1_000n;

type Tour = { looked: Step[]; over: boolean; look: (step: Step) => void; end: () => void };

const useTour = create<Tour>()(
  persist(
    (set) => ({
      looked: [],
      over: false,
      look: (step) => set(({ looked }) => ({ looked: [...new Set([...looked, step])] })),
      end: () => set({ over: true }),
    }),
    { name: "enerlink.first-minute" },
  ),
);

export function FirstMinute({ account }: { account: Account }) {
  const { t } = useI18n();
  const { chain } = useSystem();
  const { looked, over, look, end } = useTour();
  const { situation } = useSituation(account);
  const meters = useMeters(account.address).data;
  const anyOffer = useAnyOffer(account.address);
  const traded = useTransactions(({ transactions }) =>
    transactions.some(
      ({ account: sender, action, stage }) =>
        sender === account.address &&
        (action.kind === "placeAsk" || action.kind === "placeBid") &&
        (stage === "mined" || stage === "final"),
    ),
  );
  if (chain.id !== DEMO_CHAIN_ID || account.name === undefined || over) return null;
  if (!meters) return <Skeleton className="h-72 md:h-64 lg:col-span-2 lg:h-44" />;

  // At night a home may have nothing to sell: then it buys.
  const soldWh = situation && sample(situation, FIRST_ORDER_WH);
  const order = !situation
    ? undefined
    : soldWh
      ? { side: "sell" as const, wh: String(soldWh), tick: situation.bestBid }
      : { side: "buy" as const, wh: String(FIRST_ORDER_WH), tick: situation.bestAsk };
  const shares = meters?.some(({ communityId }) => communityId !== null);
  type Steps = { step: Step; done: boolean; to: Pick<LinkProps, "to" | "search"> }[];
  const ofNeighbours: Steps = [
    { step: "slot", done: looked.includes("slot"), to: { to: "/neighbourhood" } },
    { step: "month", done: looked.includes("month"), to: { to: "/money" } },
    { step: "nearby", done: looked.includes("nearby"), to: { to: "/nearby" } },
  ];
  const ofTraders: Steps = [
    { step: "settle", done: looked.includes("settle"), to: { to: "/meters" } },
    { step: "sell", done: traded, to: { to: "/market", ...(order ? { search: order } : {}) } },
    { step: "nearby", done: looked.includes("nearby"), to: { to: "/nearby" } },
  ];
  const steps = shares ? ofNeighbours : ofTraders;
  const next = steps.find(({ done }) => !done)?.step;
  return (
    <Card
      className="lg:col-span-2"
      title={t(next ? "tour.title" : "tour.done")}
      aside={
        <Button look="quiet" size="small" aria-label={t("tour.end")} onClick={end}>
          <X className="size-5" />
        </Button>
      }
    >
      <ol className="grid gap-2 lg:grid-cols-3">
        {steps.map(({ step, done, to }, index) => (
          <li
            key={step}
            aria-current={step === next ? "step" : undefined}
            className={classes(
              "flex flex-wrap items-center gap-3 rounded-control p-2",
              step === next && "bg-accent-soft",
            )}
          >
            <span
              className={classes(
                "grid size-7 shrink-0 place-items-center rounded-full text-sm font-semibold",
                done ? "bg-buy text-surface" : "bg-sunken text-muted",
              )}
            >
              {done ? <Check className="size-4" aria-label={t("tour.checked")} /> : index + 1}
            </span>
            <span className="min-w-0 flex-[1_1_8rem] text-sm">
              {t(wordsOf(step, done, order?.side, anyOffer))}
            </span>
            {step === next && (step !== "sell" || order) && (
              <Link {...to} className={buttonClass("secondary", "small")} onClick={() => look(step)}>
                {t("tour.go")}
                <ArrowRight className="size-4" />
              </Link>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}
