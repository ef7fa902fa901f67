/** Parts of a picture of energy that flows: what it flows between, and the way. */
import type { LucideIcon } from "lucide-react";
import { classes } from "./classes.ts";

const RADIUS = 27;

export type Point = { x: number; y: number };

type NodeProps = { at: Point; icon: LucideIcon; className: string; value: string; label: string };

export function FlowNode({ at: { x, y }, icon: Icon, className, value, label }: NodeProps) {
  return (
    <g textAnchor="middle">
      <g className={className}>
        <circle cx={x} cy={y} r={RADIUS} />
        <Icon x={x - 13} y={y - 13} width={26} height={26} fill="none" />
      </g>
      <text x={x} y={y + RADIUS + 14} className="fill-text text-[13px] font-semibold">
        {value}
      </text>
      <text x={x} y={y + RADIUS + 26} className="fill-muted text-[10px]">
        {label}
      </text>
    </g>
  );
}

/**
 * In steps: a browser draws a moving line of a picture anew each time that it moves, and sixty times a second kept a phone's
 * processor busy for as long as the page was open. After a while: what else the page needs is drawn first.
 */
const RUN = "animate-[flow_1s_2s_steps(8)_infinite]";

/** Dashes that run from `from` to `to`, or back where `flow` is negative; none where nothing flows or it is not known. */
export function FlowWire({
  from,
  to,
  flow,
  className,
}: {
  from: Point;
  to: Point;
  flow: number | undefined;
  className: string;
}) {
  const [a, b] = flow !== undefined && flow < 0 ? [to, from] : [from, to];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const gap = (RADIUS + 5) / length;
  const along = (share: number): Point => ({ x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share });
  const [start, end] = [along(gap), along(1 - gap)];
  return (
    <line
      x1={start.x}
      y1={start.y}
      x2={end.x}
      y2={end.y}
      strokeWidth="3"
      strokeLinecap="round"
      strokeDasharray="6 10"
      className={flow ? classes(className, RUN) : "stroke-line"}
    />
  );
}
