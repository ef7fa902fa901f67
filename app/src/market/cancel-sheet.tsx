import { useI18n } from "../i18n/index.ts";
import { Confirm } from "../ui/index.ts";
import { cancelWords } from "./cancel-words.ts";
import type { OpenOrder } from "./data.ts";

type Props = {
  order: OpenOrder | undefined;
  onClose: () => void;
  onCancel: (order: OpenOrder) => void;
};

/** Taking an order back, after one more look: the same order placed again waits behind the others of its price. */
export default function CancelSheet({ order, onClose, onCancel }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  return (
    <Confirm
      open={order !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={order ? `${cancelWords(order, i18n)}?` : ""}
      stay={t("offer.withdrawStay")}
      act={t("orders.cancelIt")}
      busy={false}
      onAct={() => {
        onClose();
        if (order) onCancel(order);
      }}
    >
      <p>{t("orders.cancelMeans")}</p>
    </Confirm>
  );
}
