/** Offers nearby on a map: a picture at first, and from the first touch on a map that moves, which is large to load. */
import { type PointerEvent, useState } from "react";
import { onDemand } from "../../ui/index.ts";
import type { PlacedOffer } from "../data.ts";
import type { Point } from "../places.ts";
import { StillMap } from "./still-map.tsx";

const NearbyMap = onDemand(() => import("./nearby-map.tsx"));

export type MapProps = {
  offers: readonly PlacedOffer[];
  /** Where distances are counted from, and the reader's own cell if it is that. */
  origin: Point;
  homeCell: string | undefined;
  selected: string | undefined;
  onSelect: (cell: string | undefined) => void;
};

export default function OffersMap(props: MapProps) {
  const [state, setState] = useState<"still" | "loading" | "moving" | "unavailable">("still");
  const move = () => setState((now) => (now === "still" ? "loading" : now));
  /** A price shows its offers without it. */
  const tapped = ({ target }: PointerEvent) => {
    if (!(target as Element).closest("button")) move();
  };
  /** A finger that scrolls past asks for nothing; a mouse or a second finger is about to move the map. */
  const near = (event: PointerEvent) => {
    if (event.pointerType === "mouse" || !event.isPrimary) tapped(event);
  };
  return (
    <div className="relative h-full" onPointerUp={tapped} onPointerMove={near} onPointerDown={near}>
      {state !== "moving" && <StillMap {...props} onZoom={move} />}
      {(state === "loading" || state === "moving") && (
        <div className={state === "moving" ? "h-full" : "pointer-events-none absolute inset-0 opacity-0"}>
          <NearbyMap
            {...props}
            onReady={() => setState("moving")}
            onUnavailable={() => setState("unavailable")}
          />
        </div>
      )}
    </div>
  );
}
