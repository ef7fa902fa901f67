import { MINIMUM_WH } from "@enerlink/protocol";
import { z } from "zod/mini";
import { ConnectFirst, useAccount, useBalances } from "../account/index.ts";
import { amountText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { isAway, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { AmountField, Button, Sheet, useAmounts, useFields } from "../ui/index.ts";
import type { PlacedOffer } from "./data.ts";

/** Asking a seller for a part of an offer; the price is set aside until the answer. */
export function RequestSheet({ offer, onClose }: { offer: PlacedOffer | undefined; onClose: () => void }) {
  const { t } = useI18n();
  const account = useAccount();
  return (
    <Sheet open={offer !== undefined} onOpenChange={(open) => !open && onClose()} title={t("request.title")}>
      {offer &&
        (account ? (
          <Form key={offer.id} offer={offer} address={account.address} onDone={onClose} />
        ) : (
          <ConnectFirst why={t("request.connect")} />
        ))}
    </Sheet>
  );
}

function Form({
  offer,
  address,
  onDone,
}: {
  offer: PlacedOffer;
  address: `0x${string}`;
  onDone: () => void;
}) {
  const { t, format } = useI18n();
  const { market } = useSystem();
  const amounts = useAmounts();
  const asked = useBalances(address);
  const balances = asked.data;
  const away = !balances && isAway(asked);
  const { transact, busy } = useTransact();

  /** What a part of the offer costs, and from where that is paid, IDRS base units. */
  function costOf(wattHours: bigint) {
    const cost = wattHours * offer.price;
    if (!balances) return { cost };
    const { idrs } = balances.trading;
    const fromTrading = cost < idrs ? cost : idrs;
    return { cost, fromTrading, fromWallet: cost - fromTrading };
  }
  const { amountField, values, handleSubmit } = useFields(
    z.object({ energy: amounts.energy({ least: MINIMUM_WH, most: offer.coveredWh }) }),
    // All of the offer that can be had is suggested.
    { energy: amountText(offer.coveredWh, "energy", format.language) },
    ({ energy }) => {
      if (away) return { energy: t("common.networkAway") };
      const { fromWallet } = costOf(energy);
      const missing = balances && fromWallet !== undefined ? fromWallet - balances.wallet.idrs : undefined;
      return missing !== undefined && missing > 0n
        ? { energy: t("ticket.missingMoney", { amount: format.moneyUp(missing) }) }
        : {};
    },
  );
  const paid = values && costOf(values.energy);
  const money = (amount: bigint | undefined) => (amount === undefined ? "–" : format.money(amount));

  const submit = handleSubmit(async ({ energy }) => {
    const { cost, fromWallet: pulled } = costOf(energy);
    if (pulled === undefined) return;
    onDone();
    await transact({
      action: {
        kind: "requestTrade",
        values: {
          ...{ offerId: offer.id, wattHours: String(energy) },
          ...{ price: String(offer.price), idrs: String(cost) },
        },
      },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "requestTrade",
        args: [BigInt(offer.id), Number(energy), Number(offer.price), offer.availableTo],
      },
      pulls: pulled > 0n ? [{ token: "rupiah", amount: pulled }] : [],
    });
  });

  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
      <AmountField {...amountField("energy")} kind="energy" label={t("ticket.energy")} />
      <dl className="grid gap-1 rounded-control bg-sunken p-3 text-sm">
        {[
          [t("request.price"), format.exactPrice(offer.price)],
          [t("request.total"), money(paid?.cost)],
          [t("ticket.fromTrading"), money(paid?.fromTrading)],
          [t("ticket.fromWallet"), money(paid?.fromWallet)],
        ].map(([label, value]) => (
          <div key={label} className="flex justify-between gap-3">
            <dt className="text-muted">{label}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      <p className="text-sm text-muted">{t("request.how")}</p>
      <Button type="submit" look="primary" disabled={busy || (!balances && !away)}>
        {paid ? t("request.submit", { total: format.money(paid.cost) }) : t("request.title")}
      </Button>
    </form>
  );
}
