import { ListOrdered } from "lucide-react";
import { ConnectFirst, useAccount, useNameOf } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { actionText, useTransact, useUnderway } from "../transactions/index.ts";
import {
  Badge,
  Button,
  type Column,
  classes,
  Empty,
  Energy,
  Money,
  onDemand,
  Records,
  Skeleton,
  Time,
  useKeptFocus,
  useSheet,
} from "../ui/index.ts";
import { cancelWords } from "./cancel-words.ts";
import { type Fill, LATEST_FILLS, type OpenOrder, useLastFills, useOpenOrders, useOwnFills } from "./data.ts";

function SideWord({ side }: { side: "BID" | "ASK" }) {
  const { t } = useI18n();
  const buys = side === "BID";
  return (
    <span className={classes("font-medium whitespace-nowrap", buys ? "text-buy" : "text-sell")}>
      {buys ? "▲ " : "▼ "}
      {t(buys ? "ticket.buy" : "ticket.sell")}
    </span>
  );
}

/** How orders are taken back. */
function useCancelling(ordersReadAt: number) {
  const { market } = useSystem();
  const { transact, busy } = useTransact();
  const cancelling = useUnderway(["cancelOrder"], ordersReadAt);
  return {
    busy,
    isCancelling: ({ orderId }: OpenOrder) =>
      cancelling.some(({ action }) => action.values.orderId === String(orderId)),
    cancel: ({ orderId, openWh, tick }: OpenOrder) =>
      transact({
        action: {
          kind: "cancelOrder",
          values: { wattHours: String(openWh), tick: String(tick), orderId: String(orderId) },
        },
        call: { address: market.address, abi: market.abi, functionName: "cancelOrder", args: [orderId] },
      }),
  };
}

const CancelSheet = onDemand(() => import("./cancel-sheet.tsx"), { told: true });

/** Orders that are on their way into the book. */
function Placing({ ordersReadAt }: { ordersReadAt: number }) {
  const i18n = useI18n();
  const placing = useUnderway(["placeBid", "placeAsk"], ordersReadAt);
  if (placing.length === 0) return null;
  return (
    <ul className="mb-3 grid gap-2" aria-label={i18n.t("orders.placing")}>
      {placing.map(({ id, action }) => (
        <li
          key={id}
          className="flex items-center justify-between gap-3 rounded-control border border-dashed px-3 py-2 text-sm"
        >
          {actionText(action, i18n)}
          <Badge tone="warning">{i18n.t("orders.placing")}</Badge>
        </li>
      ))}
    </ul>
  );
}

/** What the account has in the book, and the way to take it back. */
export function OpenOrders() {
  const i18n = useI18n();
  const { t, format } = i18n;
  const account = useAccount();
  const { data: orders, dataUpdatedAt } = useOpenOrders(account?.address);
  const { busy, isCancelling, cancel } = useCancelling(dataUpdatedAt);
  const asking = useSheet("cancel");
  const kept = useKeptFocus();
  if (!account) return <ConnectFirst why={t("orders.connect")} />;
  if (!orders) return <Skeleton className="h-32" />;

  const columns: Column<OpenOrder>[] = [
    {
      head: t("orders.side"),
      title: true,
      sortBy: ({ side }) => side,
      cell: ({ side, placedAt }) => (
        <span title={format.exactTime(placedAt)}>
          <SideWord side={side} />
        </span>
      ),
    },
    {
      head: t("market.priceUnit"),
      numeric: true,
      cell: ({ tick }) => format.tick(tick),
      sortBy: ({ tick }) => tick,
    },
    {
      head: t("orders.open"),
      numeric: true,
      cell: ({ openWh }) => <Energy wattHours={openWh} />,
      sortBy: ({ openWh }) => openWh,
    },
    {
      head: t("orders.filled"),
      numeric: true,
      cell: ({ filledWh, placedWh }) => format.percent(filledWh, placedWh),
    },
    {
      head: t("orders.action"),
      selfExplaining: true,
      numeric: true,
      cell: (order) =>
        isCancelling(order) ? (
          <Badge tone="warning">{t("orders.cancelling")}</Badge>
        ) : (
          <Button
            size="small"
            disabled={busy}
            aria-label={cancelWords(order, i18n)}
            onClick={() => asking.show(String(order.orderId))}
          >
            {t("orders.cancel")}
          </Button>
        ),
    },
  ];
  return (
    <div {...kept}>
      <Placing ordersReadAt={dataUpdatedAt} />
      <Records
        label={t("orders.title")}
        rows={orders}
        columns={columns}
        keyOf={({ id }) => id}
        empty={
          <Empty icon={<ListOrdered />} title={t("orders.none")}>
            {t("orders.noneHint")}
          </Empty>
        }
      />
      {asking.of !== undefined && (
        <CancelSheet
          order={orders.find(({ orderId }) => String(orderId) === asking.of)}
          onClose={asking.close}
          onCancel={(order) => void cancel(order)}
        />
      )}
    </div>
  );
}

function Fills({
  fills,
  label,
  empty,
  sideOf,
  partnerOf,
}: {
  fills: readonly Fill[] | undefined;
  label: string;
  empty: string;
  sideOf: (fill: Fill) => "BID" | "ASK";
  /** From whom it was bought, or to whom sold; undefined where both are of others. */
  partnerOf?: (fill: Fill) => string;
}) {
  const { t, format } = useI18n();
  if (!fills) return <Skeleton className="h-32" />;
  const columns: Column<Fill>[] = [
    {
      head: t("orders.side"),
      title: true,
      cell: (fill) => <SideWord side={sideOf(fill)} />,
      sortBy: sideOf,
    },
    ...(partnerOf ? [{ head: t("orders.partner"), cell: partnerOf, sortBy: partnerOf }] : []),
    {
      head: t("market.priceUnit"),
      numeric: true,
      cell: ({ tick }) => format.tick(tick),
      sortBy: ({ tick }) => tick,
    },
    {
      head: t("orders.energy"),
      numeric: true,
      cell: ({ wattHours }) => <Energy wattHours={wattHours} />,
      sortBy: ({ wattHours }) => wattHours,
    },
    {
      head: t("orders.total"),
      numeric: true,
      cell: ({ cost }) => <Money idrs={cost} />,
      sortBy: ({ cost }) => cost,
    },
    {
      head: t("orders.when"),
      numeric: true,
      cell: ({ timestamp }) => <Time at={timestamp} />,
      sortBy: ({ timestamp }) => timestamp,
    },
  ];
  return (
    <Records
      label={label}
      latest={LATEST_FILLS}
      rows={fills}
      columns={columns}
      keyOf={({ id }) => id}
      empty={<Empty title={empty} />}
    />
  );
}

/** Everybody's latest trades. */
export function Tape() {
  const { t } = useI18n();
  return (
    <Fills
      fills={useLastFills().data}
      label={t("tape.title")}
      empty={t("tape.none")}
      sideOf={({ takerSide }) => takerSide}
    />
  );
}

/** The account's own latest trades. */
export function OwnFills() {
  const { t } = useI18n();
  const account = useAccount();
  const fills = useOwnFills(account?.address).data;
  const nameOf = useNameOf();
  if (!account) return <ConnectFirst why={t("orders.connect")} />;
  const me = account.address.toLowerCase();
  const isBuyer = ({ buyer }: Fill) => buyer === me;
  return (
    <Fills
      fills={fills}
      label={t("tape.own")}
      empty={t("tape.ownNone")}
      sideOf={(fill) => (isBuyer(fill) ? "BID" : "ASK")}
      partnerOf={(fill) => nameOf(isBuyer(fill) ? fill.seller : fill.buyer)}
    />
  );
}
