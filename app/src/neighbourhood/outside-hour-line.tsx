import { useStatement } from "../energy-index/index.ts";
import { useWords } from "../i18n/index.ts";
import { useNow } from "../ui/index.ts";
import { outsideHourWords, outsideWords } from "./outside-hour.ts";

const HOUR = 3_600;

/** The last hour of a household whose homes share with nobody. */
export default function OutsideHourLine({ address }: { address: string }) {
  const i18n = useWords(outsideWords);
  const until = useNow(60);
  const hour = useStatement(address, until - HOUR, until, "ALL").data?.[0];
  return hour && <span>{outsideHourWords(hour, i18n)}</span>;
}
