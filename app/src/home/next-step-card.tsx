import { Link } from "@tanstack/react-router";
import { ArrowRight, CircleCheck, CloudOff, Hourglass } from "lucide-react";
import type { ReactNode } from "react";
import type { Account } from "../account/index.ts";
import { useI18n } from "../i18n/index.ts";
import { costOf } from "../market/index.ts";
import { useCalledWithin } from "../meters/index.ts";
import { buttonClass, classes, Skeleton } from "../ui/index.ts";
import { NEW_HOME } from "./new-home.ts";
import { type NextStep, nextStep } from "./next-step.ts";
import { useSituation } from "./situation.ts";

/** The one thing to do next; nothing is advised, and nothing is well, unless all that it depends on is known. */
export function NextStepPart({ account }: { account: Account }) {
  const { t } = useI18n();
  const known = useSituation(account);
  return (
    // On a tablet one line and a button, or two lines: its place is that of both.
    <div className="md:max-lg:min-h-28">
      <h3 className="mb-1 text-sm font-medium text-muted">{t("home.next")}</h3>
      {known.situation ? (
        <Advice step={nextStep(known.situation)} />
      ) : known.away ? (
        <Said icon={<CloudOff className="text-muted" />}>{t("home.unknown")}</Said>
      ) : (
        <Skeleton className="h-36 md:h-22" />
      )}
    </div>
  );
}

function Said({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p className="flex items-start gap-2 text-lg [&>svg]:mt-1 [&>svg]:size-5 [&>svg]:shrink-0">
      {icon}
      <span>{children}</span>
    </p>
  );
}

/** Its words break where text is much larger than usual. */
const GO = classes(buttonClass("primary"), "mt-4 h-auto! min-h-11 w-full py-2 whitespace-normal!");

function Go({
  to,
  children,
}: {
  to: "/money" | "/meters" | "/market" | "/neighbourhood";
  children: ReactNode;
}) {
  return (
    <Link to={to} className={GO}>
      {children}
      <ArrowRight className="size-4" />
    </Link>
  );
}

/** To the ticket, filled in. */
function GoSell({ wattHours, tick }: { wattHours: bigint; tick: number | undefined }) {
  const { t, format } = useI18n();
  return (
    <Link
      to="/market"
      search={{ side: "sell", wh: String(wattHours), ...(tick === undefined ? {} : { tick }) }}
      className={GO}
    >
      {t("ticket.submitSell", { energy: format.exactEnergy(wattHours) })}
      <ArrowRight className="size-4" />
    </Link>
  );
}

function Advice({ step }: { step: NextStep }) {
  const { t, format } = useI18n();
  const called = useCalledWithin();
  switch (step.kind) {
    case "sell":
      return (
        <>
          <p className="text-lg">
            {step.tick === undefined
              ? t("home.sell", { energy: format.energy(step.wattHours) })
              : t("home.sellAt", {
                  energy: format.energy(step.wattHours),
                  price: format.tickPrice(step.tick),
                  total: format.money(costOf(step.wattHours, step.tick)),
                })}
          </p>
          <Kept {...step} />
          <GoSell {...step} />
        </>
      );
    case "keep":
      return (
        <>
          <Said icon={<CircleCheck className="text-buy" />}>
            {t("home.keep", { energy: format.energy(step.wattHours) })}
          </Said>
          <Kept {...step} />
        </>
      );
    case "learning":
      return (
        <Said icon={<Hourglass className="text-muted" />}>
          {t("home.learning", { energy: format.energy(step.wattHours) })}
        </Said>
      );
    case "buyForDebt":
      return (
        <>
          <p className="text-lg">{t("home.debt", { energy: format.energy(step.debtWh) })}</p>
          <Go to="/meters">{t("home.debtGo")}</Go>
        </>
      );
    case "wait":
      return (
        <>
          <Said icon={<Hourglass className="text-muted" />}>
            {t("home.wait", { energy: format.energy(step.debtWh) })}
          </Said>
          <Link to="/market" search={{ list: "orders" }} className={GO}>
            {t("home.waitGo")}
          </Link>
        </>
      );
    case "repay":
      return (
        <>
          <p className="text-lg">{t("home.repay", { energy: format.energy(step.wattHours) })}</p>
          <Go to="/meters">{t("home.repayGo")}</Go>
        </>
      );
    case "topUp":
      return (
        <>
          <p className="text-lg">{t("home.topUp")}</p>
          <Go to="/money">{t("home.topUpGo")}</Go>
        </>
      );
    case "showCode":
      return (
        <>
          <p className="text-lg">{t("home.showCode")}</p>
          <Link to="/" hash={NEW_HOME} className={GO}>
            {t("home.showCodeGo")}
            <ArrowRight className="size-4" />
          </Link>
        </>
      );
    case "takeOver":
      return <Said icon={<CircleCheck className="text-buy" />}>{t("home.takeOver")}</Said>;
    case "join":
      return (
        <>
          <p className="text-lg">{t("home.join", { home: called(step.serial) })}</p>
          <Go to="/neighbourhood">{t("home.joinGo")}</Go>
        </>
      );
    case "shares":
      return (
        <>
          <Said icon={<CircleCheck className="text-buy" />}>{t("home.shares")}</Said>
          <Go to="/neighbourhood">{t("home.sharesGo")}</Go>
        </>
      );
    default:
      return <Said icon={<CircleCheck className="text-buy" />}>{t("home.nothing")}</Said>;
  }
}

/** What is kept back, and what for. */
function Kept({ comingWh, promisedWh }: { comingWh: bigint; promisedWh: bigint }) {
  const { t, format } = useI18n();
  const reasons = [
    comingWh > 0n && t("home.keptForUse", { energy: format.energy(comingWh) }),
    promisedWh > 0n && t("home.keptForPromises", { energy: format.energy(promisedWh) }),
  ].filter(Boolean);
  return reasons.length > 0 && <p className="mt-1 text-sm text-muted">{reasons.join(" ")}</p>;
}
