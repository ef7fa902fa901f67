import { Inbox } from "lucide-react";
import { useState } from "react";
import type { Account } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import {
  Badge,
  Button,
  Card,
  Confirm,
  Empty,
  Price,
  Skeleton,
  Time,
  type Tone,
  useNow,
} from "../ui/index.ts";
import { type Trade, useDeliverable } from "./data.ts";
import { type Move, movesOf } from "./next-move.ts";

const tones: Record<Trade["status"], Tone> = {
  PENDING: "warning",
  ACCEPTED: "accent",
  REJECTED: "bad",
  CANCELLED: "neutral",
  LAPSED: "neutral",
  COMPLETED: "good",
  EXPIRED: "bad",
};

/** Moves that nobody can take back, and that leave somebody without what they counted on. */
const finals = ["reject", "cancel", "closeEarly"] as const;
type Final = (typeof finals)[number];
const isFinal = (move: Move): move is Final => finals.some((one) => one === move);

/** Requests that the account got as a seller, or made as a buyer. */
export function Trades({
  trades,
  account,
  as,
  latest,
}: {
  trades: readonly Trade[] | undefined;
  account: Account;
  as: "seller" | "buyer";
  /** Set where older ones than so many are left out. */
  latest: number | undefined;
}) {
  const { t } = useI18n();
  return (
    <Card title={t(as === "seller" ? "trade.inbox" : "trade.mine")}>
      {!trades ? (
        <Skeleton className="h-32" />
      ) : trades.length === 0 ? (
        <Empty icon={<Inbox />} title={t(as === "seller" ? "trade.inboxNone" : "trade.mineNone")}>
          {t(as === "seller" ? "trade.inboxNoneHint" : "trade.mineNoneHint")}
        </Empty>
      ) : (
        <ul className="divide-y" aria-label={t(as === "seller" ? "trade.inbox" : "trade.mine")}>
          {trades.map((trade) => (
            <li key={trade.id} className="py-3 first:pt-0 last:pb-0">
              <TradeRow trade={trade} account={account} />
            </li>
          ))}
        </ul>
      )}
      {latest !== undefined && (
        <p className="mt-3 text-sm text-muted">{t("common.latest", { count: latest })}</p>
      )}
    </Card>
  );
}

function TradeRow({ trade, account }: { trade: Trade; account: Account }) {
  const { t, format } = useI18n();
  const { market } = useSystem();
  const { transact, busy } = useTransact();
  const now = useNow();
  const [asking, setAsking] = useState<Final>();
  const deliverableWh = useDeliverable(trade.status === "ACCEPTED" ? trade.id : undefined).data;
  const moves = movesOf(trade, account.address.toLowerCase(), now, deliverableWh);
  const id = BigInt(trade.id);
  const values = {
    tradeId: trade.id,
    wattHours: String(trade.wattHours),
    price: String(trade.price),
  };

  const run: Record<Exclude<Move, "rate">, () => Promise<boolean>> = {
    accept: () =>
      transact({
        action: { kind: "acceptTrade", values },
        call: { address: market.address, abi: market.abi, functionName: "acceptTrade", args: [id] },
        // Delivery fetches the energy from the wallet, where the meter's tokens arrive.
        pulls: [{ token: "energy", amount: trade.wattHours }],
      }),
    reject: () => simple("rejectTrade"),
    cancel: () => simple("cancelTrade"),
    close: () => simple("closeTrade"),
    closeEarly: () => simple("closeTrade"),
    deliver: async () =>
      deliverableWh !== undefined &&
      transact({
        action: { kind: "deliver", values: { ...values, wattHours: String(deliverableWh) } },
        call: {
          address: market.address,
          abi: market.abi,
          functionName: "deliver",
          args: [id, Number(deliverableWh)],
        },
      }),
  };
  const simple = (name: "rejectTrade" | "cancelTrade" | "closeTrade") =>
    transact({
      action: { kind: name, values },
      call: { address: market.address, abi: market.abi, functionName: name, args: [id] },
    });

  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="font-medium">
          {t("trade.what", {
            energy: format.energy(trade.wattHours),
            total: format.money(trade.wattHours * trade.price),
          })}
        </p>
        <Badge tone={tones[trade.status]}>{t(`trade.status.${trade.status}`)}</Badge>
      </div>
      <p className="text-sm text-muted">
        <Price price={trade.price} /> · <Time at={trade.requestedAt} />
        {trade.status === "PENDING" && (
          <>
            {" · "}
            {t("trade.answerBy")} <Time at={trade.answerBy} as="clock" />
          </>
        )}
        {trade.status === "ACCEPTED" && (
          <>
            {" · "}
            {t("trade.delivered", { energy: format.energy(trade.deliveredWh) })} · {t("trade.deliverBy")}{" "}
            <Time at={trade.deliverBy} as="clock" />
          </>
        )}
      </p>
      {moves.length > 0 && (
        <div className="flex flex-wrap gap-2">
          {moves.map((move) =>
            move === "rate" ? (
              <Stars key={move} tradeId={trade.id} />
            ) : (
              <Button
                key={move}
                size="small"
                look={move === "accept" || move === "deliver" ? "primary" : "secondary"}
                disabled={busy}
                onClick={() => (isFinal(move) ? setAsking(move) : void run[move]())}
              >
                {move !== "deliver"
                  ? t(`trade.${move}`)
                  : deliverableWh !== undefined &&
                    t("trade.deliver", { energy: format.exactEnergy(deliverableWh) })}
              </Button>
            ),
          )}
        </div>
      )}
      <AskFinal
        move={asking}
        busy={busy}
        onClose={() => setAsking(undefined)}
        onAct={(move) => void run[move]()}
      />
    </div>
  );
}

/** The one question before such a move. */
function AskFinal({
  move,
  busy,
  onClose,
  onAct,
}: {
  move: Final | undefined;
  busy: boolean;
  onClose: () => void;
  onAct: (move: Final) => void;
}) {
  const { t, lookup } = useI18n();
  if (!move) return null;
  return (
    <Confirm
      open
      onOpenChange={(open) => !open && onClose()}
      title={`${t(`trade.${move}`)}?`}
      stay={t("offer.withdrawStay")}
      act={t(`trade.${move}`)}
      busy={busy}
      onAct={() => {
        onClose();
        onAct(move);
      }}
    >
      <p>{lookup(`trade.final.${move}`)}</p>
    </Confirm>
  );
}

/** Chosen first, given with a second tap: stars cannot be taken back. */
function Stars({ tradeId }: { tradeId: string }) {
  const { t } = useI18n();
  const { market } = useSystem();
  const { transact, busy } = useTransact();
  const [chosen, setChosen] = useState<number>();
  const give = (stars: number) =>
    transact({
      action: { kind: "rateTrade", values: { tradeId, stars: String(stars) } },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "rateTrade",
        args: [BigInt(tradeId), stars],
      },
    });
  return (
    <fieldset className="flex flex-wrap items-center gap-1">
      <legend className="sr-only">{t("trade.rate")}</legend>
      <span className="mr-1 text-sm text-muted">{t("trade.rate")}</span>
      {[1, 2, 3, 4, 5].map((stars) => (
        <Button
          key={stars}
          size="small"
          look={stars === chosen ? "primary" : "secondary"}
          aria-pressed={stars === chosen}
          aria-label={t("trade.stars", { stars })}
          onClick={() => setChosen(stars === chosen ? undefined : stars)}
        >
          {stars}★
        </Button>
      ))}
      {chosen !== undefined && (
        <Button size="small" look="primary" disabled={busy} onClick={() => void give(chosen)}>
          {t("trade.give", { stars: chosen })}
        </Button>
      )}
    </fieldset>
  );
}
