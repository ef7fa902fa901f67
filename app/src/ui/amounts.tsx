/** Amounts in a line of text, at most two decimals; on hover with every digit. */
import { useI18n } from "../i18n/index.ts";

/** @param sign a plus before what was added */
export function Energy({ wattHours, sign }: { wattHours: bigint; sign?: boolean }) {
  const { format } = useI18n();
  const plus = sign && wattHours > 0n ? "+" : "";
  return <span title={format.exactEnergy(wattHours)}>{plus + format.energy(wattHours)}</span>;
}

/** @param sign a plus before what was added */
export function Money({ idrs, sign }: { idrs: bigint; sign?: boolean }) {
  const { format } = useI18n();
  const plus = sign && idrs > 0n ? "+" : "";
  return <span title={format.exactMoney(idrs)}>{plus + format.money(idrs)}</span>;
}

export function Price({ price }: { price: bigint }) {
  const { format } = useI18n();
  return <span title={format.exactPrice(price)}>{format.price(price)}</span>;
}
