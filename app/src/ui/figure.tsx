import type { Parts } from "../format/index.ts";
import { useI18n } from "../i18n/index.ts";
import { classes } from "./classes.ts";

const sizes = {
  normal: "text-[min(1rem,7vw)]",
  large: "text-[min(1.25rem,8vw)] sm:text-2xl",
  huge: "text-[min(2.25rem,11vw)]",
} as const;

/** A number with its unit: the number big, the unit small. */
export function Figure({
  parts,
  size = "normal",
  exact,
  className,
}: {
  parts: Parts;
  size?: keyof typeof sizes;
  /** Said on hover where the figure itself is short. */
  exact?: string;
  className?: string;
}) {
  const unit = "text-[0.65em] font-medium text-muted";
  return (
    <span title={exact} className={classes("number font-semibold", sizes[size], className)}>
      {parts.before && <span className={unit}>{parts.before}</span>}
      {parts.number}
      {parts.after && <span className={unit}>{parts.after}</span>}
    </span>
  );
}

type AmountProps = { size?: keyof typeof sizes; className?: string };

/** Wh as a figure, every Wh on hover. */
export function EnergyFigure({ wattHours, ...rest }: AmountProps & { wattHours: bigint }) {
  const { format } = useI18n();
  return <Figure parts={format.parts.energy(wattHours)} exact={format.exactEnergy(wattHours)} {...rest} />;
}

/** Whole rupiah of IDRS base units as a figure, all of it on hover. */
export function MoneyFigure({ idrs, ...rest }: AmountProps & { idrs: bigint }) {
  const { format } = useI18n();
  return <Figure parts={format.parts.wholeMoney(idrs)} exact={format.exactMoney(idrs)} {...rest} />;
}

/** A label over its figure. */
export function Stat({ label, hint, children }: { label: string; hint?: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{label}</dt>
      <dd className="mt-0.5">{children}</dd>
      {hint && <dd className="text-xs text-muted">{hint}</dd>}
    </div>
  );
}
