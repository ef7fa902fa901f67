import { useI18n } from "../i18n/index.ts";
import { NameSheet } from "../ui/index.ts";
import type { Meter } from "./data.ts";
import { useGivenNames } from "./use-called.ts";

type Props = { meter: Meter; open: boolean; onClose: () => void };

/** Calling a meter as one likes. */
export function RenameSheet({ meter, open, onClose }: Props) {
  const { t } = useI18n();
  const { names, give } = useGivenNames();
  return (
    <NameSheet
      {...{ open, onClose }}
      name={names[meter.id] ?? ""}
      hint={t("meters.nameHint", { serial: meter.serial })}
      onName={(name) => give(meter.id, name)}
    />
  );
}
