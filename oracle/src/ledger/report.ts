/** The report that the converter takes of a reading. */
import { meterId, type Report } from "@enerlink/protocol";
import type { Item } from "@enerlink/protocol/wire/committee";

export function reportOf({ reading }: Pick<Item, "reading">): Report {
  const { serial, exportWh, importWh, storedWh, timestamp, epoch } = reading;
  return { meterId: meterId(serial), exportWh, importWh, storedWh, timestamp, epoch };
}
