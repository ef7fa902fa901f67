import { useI18n } from "../i18n/index.ts";
import { useSystem } from "../system/index.ts";
import { useTransact } from "../transactions/index.ts";
import { Confirm } from "../ui/index.ts";
import type { Offer } from "./data.ts";

/** Taking an own offer back, after one more look: it does not come back by itself. */
export function WithdrawSheet({ offer, onClose }: { offer: Offer | undefined; onClose: () => void }) {
  const { t, format } = useI18n();
  const { market } = useSystem();
  const { transact, busy } = useTransact();
  const withdraw = async ({ id, remainingWh }: Offer) => {
    onClose();
    await transact({
      action: { kind: "cancelOffer", values: { offerId: id, wattHours: String(remainingWh) } },
      call: { address: market.address, abi: market.abi, functionName: "cancelOffer", args: [BigInt(id)] },
    });
  };
  return (
    <Confirm
      open={offer !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={t("offer.withdrawTitle", { energy: offer ? format.energy(offer.remainingWh) : "" })}
      stay={t("offer.withdrawStay")}
      act={t("nearby.withdraw")}
      busy={busy}
      onAct={() => offer && void withdraw(offer)}
    >
      <p>{t("offer.withdrawMeans")}</p>
    </Confirm>
  );
}
