import { PRICE_PER_TICK } from "@enerlink/protocol";
import { useState } from "react";
import type { Hex } from "viem";
import { getBlock } from "viem/actions";
import { z } from "zod/mini";
import { amountText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useBook } from "../market/index.ts";
import { type Meter, useCalled } from "../meters/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, SelectField, Sheet, useFields } from "../ui/index.ts";
import { useFreeToPromise } from "./data.ts";
import { HOURS, hours, OfferFields, useOfferSchemas } from "./offer-fields.tsx";

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
  const called = useCalled();
  const book = useBook().data;
  const { transact, busy } = useTransact();
  const [serial, setSerial] = useState(batteries[0]!.serial);
  const battery = batteries.find((one) => one.serial === serial)!;
  const free = useFreeToPromise(battery).data;
  const guide = book?.asks[0]?.tick ?? book?.bids[0]?.tick;
  const { field, amountField, handleSubmit } = useFields(
    z.object({ ...useOfferSchemas(free), startsIn: hours, lasts: hours }),
    {
      energy: "",
      price: guide ? amountText(BigInt(guide) * PRICE_PER_TICK, "price", format.language) : "",
      startsIn: "0",
      lasts: "6",
    },
  );

  const submit = handleSubmit(async ({ energy, price, startsIn, lasts }) => {
    onDone();
    await transact({
      action: {
        kind: "createOffer",
        values: {
          ...{ batteryId: battery.id, wattHours: String(energy), price: String(price) },
          ...{ startsIn: String(startsIn), lasts: String(lasts) },
        },
      },
      call: async () => {
        // The chain's clock decides what lies ahead.
        const { timestamp } = await getBlock(client);
        const from = Number(timestamp) + startsIn * 3_600;
        const cell = BigInt(`0x${battery.h3Cell}`);
        return {
          address: market.address,
          abi: market.abi,
          functionName: "createOffer",
          args: [battery.id as Hex, Number(energy), Number(price), cell, from, from + lasts * 3_600] as const,
        };
      },
    });
  });

  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
      {batteries.length > 1 && (
        <SelectField
          label={t("offer.battery")}
          value={serial}
          onChange={({ target }) => setSerial(target.value)}
          options={batteries.map((one) => ({ value: one.serial, label: called(one.serial) }))}
        />
      )}
      <OfferFields
        energy={amountField("energy")}
        price={amountField("price")}
        hint={
          free === undefined ? t("offer.checking") : t("offer.free", { energy: format.exactEnergy(free) })
        }
      />
      <div className="grid grid-cols-2 gap-3">
        <SelectField
          {...field("startsIn")}
          label={t("offer.starts")}
          options={[0, 1, 3, 6, 12].map((count) => ({
            value: String(count),
            label: count === 0 ? t("offer.now") : t("offer.inHours", { hours: count }),
          }))}
        />
        <SelectField
          {...field("lasts")}
          label={t("offer.lasts")}
          options={HOURS.map((count) => ({
            value: String(count),
            label: t("offer.hours", { hours: count }),
          }))}
        />
      </div>
      <p className="text-sm text-muted">{t("offer.privacy")}</p>
      <Button type="submit" look="primary" disabled={busy}>
        {t("offer.submit")}
      </Button>
    </form>
  );
}
