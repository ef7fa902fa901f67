import { zeroAddress } from "viem";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card } from "../ui/index.ts";
import type { Meter } from "./data.ts";

/** An own meter that is being transferred, by its owner or, with seven days' notice, by the registrar: keeps it. */
export function TransferCard({ meter, to }: { meter: Meter; to: string }) {
  const { t, format } = useI18n();
  const { registry } = useSystem();
  const { transact, busy } = useTransact();
  const keep = () =>
    transact({
      action: { kind: "keepMeter", values: { meterId: meter.id } },
      call: {
        address: registry.address,
        abi: registry.abi,
        functionName: "transferMeter",
        args: [meter.id, zeroAddress],
      },
    });
  return (
    <Card title={t("transfer.title")}>
      <p className="mb-3 text-sm">
        {meter.acceptableFrom
          ? t("transfer.announced", { to: format.address(to), time: format.exactTime(meter.acceptableFrom) })
          : t("transfer.offered", { to: format.address(to) })}
      </p>
      <Button look="secondary" disabled={busy} onClick={() => void keep()}>
        {t("transfer.keep")}
      </Button>
    </Card>
  );
}
