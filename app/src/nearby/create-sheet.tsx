import { formatPrice, PRICE_PER_TICK } from "@enerlink/contracts";
import { type FormEvent, useState } from "react";
import type { Hex } from "viem";
import { getBlock } from "viem/actions";
import { amountText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useBook } from "../market/index.ts";
import type { Meter } from "../meters/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, SelectField, Sheet } from "../ui/index.ts";
import { useBoard, useFreeToPromise } from "./data.ts";
import { HOURS, OfferFields, useOfferDraft } from "./offer-fields.tsx";

type Props = { batteries: readonly Meter[]; open: boolean; onClose: () => void };

/** Offering what an own battery holds. */
export function CreateSheet({ batteries, open, onClose }: Props) {
  const { t } = useI18n();
  return (
    <Sheet open={open} onOpenChange={(next) => !next && onClose()} title={t("offer.create")}>
      <Form batteries={batteries} onDone={onClose} />
    </Sheet>
  );
}

function Form({ batteries, onDone }: { batteries: readonly Meter[]; onDone: () => void }) {
  const { t, format } = useI18n();
  const { client, market } = useSystem();
  const board = useBoard().data;
  const book = useBook().data;
  const { transact, busy } = useTransact();
  const [serial, setSerial] = useState(batteries[0]?.serial);
  const battery = batteries.find((one) => one.serial === serial);
  const free = useFreeToPromise(battery).data;
  const [startsIn, setStartsIn] = useState(0);
  const [lasts, setLasts] = useState<number>(6);
  const guide = book?.asks[0]?.tick ?? book?.bids[0]?.tick;
  const [draft, setDraft] = useState({
    energyText: "",
    priceText: guide ? amountText(formatPrice(BigInt(guide) * PRICE_PER_TICK), format.language) : "",
  });
  const { energy, price } = useOfferDraft(draft, board?.minimumPrice ?? 0n, free);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!battery || !energy.value || !price.value) return;
    onDone();
    // The chain's clock decides what lies ahead.
    const { timestamp } = await getBlock(client);
    const from = Number(timestamp) + startsIn * 3_600;
    await transact({
      action: {
        kind: "createOffer",
        values: { wattHours: String(energy.value), price: String(price.value) },
      },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "createOffer",
        args: [
          battery.id as Hex,
          Number(energy.value),
          Number(price.value),
          BigInt(`0x${battery.h3Cell}`),
          from,
          from + lasts * 3_600,
        ],
      },
    });
  }

  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      {batteries.length > 1 && (
        <SelectField
          label={t("offer.battery")}
          value={serial}
          onValue={setSerial}
          options={batteries.map((one) => ({ value: one.serial, label: one.serial }))}
        />
      )}
      <OfferFields
        draft={draft}
        onDraft={setDraft}
        problems={{ energy: energy.problem, price: price.problem }}
        energyHint={
          free === undefined ? t("offer.checking") : t("offer.free", { energy: format.energy(free) })
        }
      />
      <div className="grid grid-cols-2 gap-3">
        <SelectField
          label={t("offer.starts")}
          value={startsIn}
          onValue={(value) => setStartsIn(Number(value))}
          options={[0, 1, 3, 6, 12].map((hours) => ({
            value: String(hours),
            label: hours === 0 ? t("offer.now") : t("offer.inHours", { hours }),
          }))}
        />
        <SelectField
          label={t("offer.lasts")}
          value={lasts}
          onValue={(value) => setLasts(Number(value))}
          options={HOURS.map((hours) => ({ value: String(hours), label: t("offer.hours", { hours }) }))}
        />
      </div>
      <p className="text-sm text-muted">{t("offer.privacy")}</p>
      <Button type="submit" look="primary" disabled={!battery || !energy.value || !price.value || busy}>
        {t("offer.submit")}
      </Button>
    </form>
  );
}
