import { formatKwh, MINIMUM_WH } from "@enerlink/contracts";
import { type FormEvent, useEffect, useState } from "react";
import { ConnectFirst, useAccount, useBalances } from "../account/index.ts";
import { amountText, parseAmount } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Notice, Sheet, TextField } from "../ui/index.ts";
import type { Offer } from "./data.ts";

/** Asking a seller for a part of an offer; the price is set aside until the answer. */
export function RequestSheet({ offer, onClose }: { offer: Offer | undefined; onClose: () => void }) {
  const { t } = useI18n();
  const account = useAccount();
  return (
    <Sheet open={offer !== undefined} onOpenChange={(open) => !open && onClose()} title={t("request.title")}>
      {offer &&
        (account ? (
          <Form offer={offer} address={account.address} onDone={onClose} />
        ) : (
          <ConnectFirst why={t("request.connect")} />
        ))}
    </Sheet>
  );
}

function Form({ offer, address, onDone }: { offer: Offer; address: `0x${string}`; onDone: () => void }) {
  const { t, format } = useI18n();
  const { market } = useSystem();
  const balances = useBalances(address).data;
  const { transact, busy } = useTransact();
  const [text, setText] = useState("");

  // biome-ignore lint/correctness/useExhaustiveDependencies: the whole offer is suggested once
  useEffect(() => setText(amountText(formatKwh(offer.remainingWh), format.language)), [offer.id]);

  const { wattHours, problem } = read();
  const cost = (wattHours ?? 0n) * offer.price;
  const trading = balances?.trading.idrs ?? 0n;
  const fromTrading = cost < trading ? cost : trading;
  const fromWallet = cost - fromTrading;
  const missing = balances && fromWallet > balances.wallet.idrs ? fromWallet - balances.wallet.idrs : 0n;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!wattHours || problem || missing > 0n) return;
    onDone();
    await transact({
      action: { kind: "requestTrade", values: { wattHours: String(wattHours), price: String(offer.price) } },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "requestTrade",
        args: [BigInt(offer.id), Number(wattHours), Number(offer.price)],
      },
      pulls: fromWallet > 0n ? [{ token: "rupiah", amount: fromWallet }] : [],
    });
  }

  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <TextField
        label={t("ticket.energy")}
        unit="kWh"
        inputMode="decimal"
        value={text}
        onText={setText}
        problem={problem}
        hint={t("request.atMost", { energy: format.energy(offer.remainingWh) })}
      />
      <dl className="grid gap-1 rounded-control bg-sunken p-3 text-sm">
        {[
          [t("request.price"), format.price(offer.price)],
          [t("request.total"), format.exactMoney(cost)],
          [t("ticket.fromTrading"), format.exactMoney(fromTrading)],
          [t("ticket.fromWallet"), format.exactMoney(fromWallet)],
        ].map(([label, value]) => (
          <div key={label} className="flex justify-between gap-3">
            <dt className="text-muted">{label}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      {missing > 0n && (
        <Notice tone="bad">{t("ticket.missingMoney", { amount: format.money(missing) })}</Notice>
      )}
      <p className="text-sm text-muted">{t("request.how")}</p>
      <Button
        type="submit"
        look="primary"
        disabled={!wattHours || problem !== undefined || missing > 0n || busy}
      >
        {t("request.submit", { total: format.money(cost) })}
      </Button>
    </form>
  );

  function read(): { wattHours?: bigint; problem?: string } {
    try {
      const value = parseAmount(text, 3, format.language);
      if (value === undefined) return {};
      if (value < MINIMUM_WH) return { problem: t("ticket.tooSmall") };
      if (value > offer.remainingWh)
        return { problem: t("request.atMost", { energy: format.energy(offer.remainingWh) }) };
      return { wattHours: value };
    } catch {
      return { problem: t("ticket.notNumber", { decimals: 3 }) };
    }
  }
}
