import { formatKwh, formatPrice } from "@enerlink/contracts";
import { type FormEvent, useState } from "react";
import { getBlock } from "viem/actions";
import { amountText } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Button, SelectField, Sheet } from "../ui/index.ts";
import { type Offer, useBoard } from "./data.ts";
import { HOURS, OfferFields, useOfferDraft } from "./offer-fields.tsx";

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
  const board = useBoard().data;
  const { transact, busy } = useTransact();
  const [draft, setDraft] = useState({
    energyText: amountText(formatKwh(offer.remainingWh), format.language),
    priceText: amountText(formatPrice(offer.price), format.language),
  });
  const [end, setEnd] = useState(SAME);
  const { energy, price } = useOfferDraft(draft, board?.minimumPrice ?? 0n, undefined);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!energy.value || !price.value) return;
    onDone();
    const { timestamp } = await getBlock(client);
    const begins = Math.max(Number(timestamp), offer.availableFrom);
    await transact({
      action: {
        kind: "updateOffer",
        values: { wattHours: String(energy.value), price: String(price.value) },
      },
      call: {
        address: market.address,
        abi: market.abi,
        functionName: "updateOffer",
        args: [
          BigInt(offer.id),
          Number(energy.value),
          Number(price.value),
          end === SAME ? offer.availableTo : begins + Number(end) * 3_600,
        ],
      },
    });
  }

  return (
    <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
      <OfferFields
        draft={draft}
        onDraft={setDraft}
        problems={{ energy: energy.problem, price: price.problem }}
        energyHint={t("offer.remainingHint")}
      />
      <SelectField
        label={t("offer.ends")}
        value={end}
        onValue={setEnd}
        options={[
          { value: SAME, label: t("offer.sameEnd") },
          ...HOURS.map((hours) => ({ value: String(hours), label: t("offer.inHours", { hours }) })),
        ]}
      />
      <Button type="submit" look="primary" disabled={!energy.value || !price.value || busy}>
        {t("offer.save")}
      </Button>
    </form>
  );
}
