import { Download } from "lucide-react";
import { csv } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { download } from "./download.ts";

type Props = { name: string; head: readonly string[]; rows: readonly (readonly string[])[] };

/** What a card shows, as a file for a spreadsheet: kWh and IDR as exact decimals. */
export function CsvButton({ name, head, rows }: Props) {
  const { t } = useI18n();
  return (
    <Button
      size="small"
      look="quiet"
      aria-label={t("statistics.saveAs", { name })}
      onClick={() => download(`enerlink-${name}.csv`, "text/csv", csv(head, rows))}
    >
      <Download className="size-4" />
      CSV
    </Button>
  );
}
