import { useBalances } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card, Notice, Skeleton } from "../ui/index.ts";
import type { Meter } from "./data.ts";

/** Debt is paid with energy: what the wallet holds, then what is free in the trading balance. */
export function DebtCard({ meter, address }: { meter: Meter; address: `0x${string}` }) {
  const { t, format } = useI18n();
  const { converter } = useSystem();
  const balances = useBalances(address).data;
  const { transact, busy } = useTransact();
  const free = balances && balances.wallet.energyWh + balances.trading.energyWh;
  const payable = free === undefined ? undefined : free < meter.debtWh ? free : meter.debtWh;
  const repay = (wattHours: bigint) =>
    transact({
      action: { kind: "repay", values: { wattHours: String(wattHours), meterId: meter.id } },
      call: {
        address: converter.address,
        abi: converter.abi,
        functionName: "repay",
        args: [meter.id as `0x${string}`, wattHours],
      },
    });
  return (
    <Card title={t("meters.debtTitle")}>
      <Notice tone={meter.debtWh > meter.creditWh ? "bad" : "warning"}>
        {t("meters.debtWhy", { debt: format.exactEnergy(meter.debtWh) })}
      </Notice>
      {payable === undefined ? (
        <Skeleton className="mt-3 h-11" />
      ) : payable > 0n ? (
        <Button look="primary" className="mt-3 w-full" disabled={busy} onClick={() => void repay(payable)}>
          {t("meters.repay", { energy: format.exactEnergy(payable) })}
        </Button>
      ) : (
        <p className="mt-3 text-sm text-muted">{t("meters.buyFirst")}</p>
      )}
    </Card>
  );
}
