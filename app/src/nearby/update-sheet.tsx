import { getBlock } from "viem/actions";
import { z } from "zod/mini";
import { amountText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, SelectField, Sheet, useFields } from "../ui/index.ts";
import type { Offer } from "./data.ts";
import { HOURS, OfferFields, useOfferSchemas } from "./offer-fields.tsx";

/** Changing what an own offer still holds, its price or its end. */
export function UpdateSheet({ offer, onClose }: { offer: Offer | undefined; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Sheet open={offer !== undefined} onOpenChange={(open) => !open && onClose()} title={t("offer.update")}>
      {offer && <Form key={offer.id} offer={offer} onDone={onClose} />}
    </Sheet>
  );
}

const SAME = "same";

function Form({ offer, onDone }: { offer: Offer; onDone: () => void }) {
  const { t, format } = useI18n();
  const { client, market } = useSystem();
  const { transact, busy } = useTransact();
  const { field, amountField, handleSubmit } = useFields(
    z.object({ ...useOfferSchemas(), end: z.string() }),
    {
      energy: amountText(offer.remainingWh, "energy", format.language),
      price: amountText(offer.price, "price", format.language),
      end: SAME,
    },
  );

  const submit = handleSubmit(async ({ energy, price, end }) => {
    onDone();
    await transact({
      action: {
        kind: "updateOffer",
        values: { offerId: offer.id, wattHours: String(energy), price: String(price), end },
      },
      call: async () => {
        const { timestamp } = await getBlock(client);
        const begins = Math.max(Number(timestamp), offer.availableFrom);
        const until = end === SAME ? offer.availableTo : begins + Number(end) * 3_600;
        return {
          address: market.address,
          abi: market.abi,
          functionName: "updateOffer",
          args: [BigInt(offer.id), Number(energy), Number(price), until] as const,
        };
      },
    });
  });

  return (
    <form className="grid grid-cols-1 gap-3" onSubmit={(event) => void submit(event)}>
      <OfferFields
        energy={amountField("energy")}
        price={amountField("price")}
        hint={t("offer.remainingHint")}
      />
      <SelectField
        {...field("end")}
        label={t("offer.ends")}
        options={[
          { value: SAME, label: t("offer.sameEnd") },
          ...HOURS.map((hours) => ({ value: String(hours), label: t("offer.inHours", { hours }) })),
        ]}
      />
      <Button type="submit" look="primary" disabled={busy}>
        {t("offer.save")}
      </Button>
    </form>
  );
}
