import { useI18n } from "../i18n/index.ts";
import { useChain, useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, Card } from "../ui/index.ts";
import type { Meter } from "./data.ts";

/** What the registrar proposes to put right of an own meter: its owner accepts exactly that, or refuses. */
export function CorrectionCard({ meter }: { meter: Meter }) {
  const { t, format } = useI18n();
  const { converter } = useSystem();
  const { transact, busy } = useTransact();
  const proposed = useChain(["correction", meter.id], () =>
    converter.read.correctionProposal([meter.id]),
  ).data;
  if (!proposed || BigInt(proposed[2]) === 0n) return null;
  const [exportWh, importWh, evidence, until] = proposed;
  const { address, abi } = converter;
  const values = { meterId: meter.id };
  const accept = () =>
    transact({
      action: { kind: "acceptCorrection", values },
      // What is shown here, and nothing else.
      call: {
        address,
        abi,
        functionName: "acceptCorrection",
        args: [meter.id, exportWh, importWh, evidence],
      },
    });
  const refuse = () =>
    transact({
      action: { kind: "refuseCorrection", values },
      call: { address, abi, functionName: "withdrawCorrection", args: [meter.id] },
    });
  const difference = (wattHours: bigint) => {
    if (wattHours === 0n) return t("correction.same");
    const energy = format.exactEnergy(wattHours < 0n ? -wattHours : wattHours);
    return t(wattHours < 0n ? "correction.less" : "correction.more", { energy });
  };
  return (
    <Card title={t("correction.title")}>
      <p className="mb-3 text-sm">{t("correction.why", { serial: meter.serial })}</p>
      <dl className="grid gap-1 rounded-control bg-sunken p-3 text-sm">
        {[
          [t("correction.export"), difference(exportWh)],
          [t("correction.import"), difference(importWh)],
          [t("correction.until"), format.exactTime(until)],
        ].map(([label, value]) => (
          <div key={label} className="flex justify-between gap-3">
            <dt className="text-muted">{label}</dt>
            <dd className="number">{value}</dd>
          </div>
        ))}
      </dl>
      <Effect net={exportWh - importWh} debtWh={meter.debtWh} />
      <p className="mb-3 text-sm text-muted [overflow-wrap:anywhere]">
        {t("correction.evidence", { hash: evidence })}
      </p>
      <div className="grid grid-cols-2 gap-2">
        <Button look="secondary" disabled={busy} onClick={() => void refuse()}>
          {t("correction.refuse")}
        </Button>
        <Button look="primary" disabled={busy} onClick={() => void accept()}>
          {t("correction.accept")}
        </Button>
      </div>
    </Card>
  );
}

/** What accepting means for the owner, in words. `net`: more export less more import, Wh. */
function Effect({ net, debtWh }: { net: bigint; debtWh: bigint }) {
  const { t, format } = useI18n();
  const repaid = net < debtWh ? net : debtWh;
  const sentences = [
    net === 0n && t("correction.nothing"),
    net > 0n && repaid > 0n && t("correction.repaid", { energy: format.exactEnergy(repaid) }),
    net > repaid && t("correction.minted", { energy: format.exactEnergy(net - repaid) }),
    net < 0n && t("correction.due", { energy: format.exactEnergy(-net) }),
  ];
  return <p className="my-3 text-sm">{sentences.filter(Boolean).join(" ")}</p>;
}
