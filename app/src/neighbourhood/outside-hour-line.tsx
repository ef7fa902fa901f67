import { Link } from "@tanstack/react-router";
import { useNameOf } from "../account/index.ts";
import { useStatement } from "../energy-index/index.ts";
import { useWords } from "../i18n/index.ts";
import { useOwnFillsSince } from "../market/index.ts";
import { useNow } from "../ui/index.ts";
import { useOwnDeliveriesSince } from "./data.ts";
import { outsideHourWords, outsideWords } from "./outside-hour.ts";

const HOUR = 3_600;

/** The last hour of a household whose homes share with nobody. */
export default function OutsideHourLine({ address }: { address: string }) {
  const i18n = useWords(outsideWords);
  const until = useNow(60);
  const hour = useStatement(address, until - HOUR, until, "ALL").data?.[0];
  const fills = useOwnFillsSince(address, until - HOUR).data;
  const nameOf = useNameOf();
  const deliveries = useOwnDeliveriesSince(address, until - HOUR).data;
  if (!hour || !fills || !deliveries) return null;
  const traded = { fills, deliveries, account: address.toLowerCase(), nameOf };
  return (
    <span>
      {outsideHourWords(hour, traded, i18n)}{" "}
      {fills.length > 0 && (
        <Link to="/market" search={{ list: "own" }} className="text-accent underline">
          {i18n.t("outside.trades")}
        </Link>
      )}
    </span>
  );
}
