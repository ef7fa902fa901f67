/** Offers nearby on a map that the dApp brings along: no tile server hears where anybody looks. Dragged, pinched, zoomed. */
import { Minus, Plus, RotateCcw } from "lucide-react";
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useI18n } from "../../i18n/index.ts";
import type { PlacedOffer } from "../data.ts";
import type { Point } from "../point.ts";
import { cellsOf, centreOf, outlines } from "./cells.ts";
import { cellWords, cityLabel, labelBox, middle, NAMES_FROM_ZOOM, priceLabel } from "./labels.ts";
import { type Box, boxOf, placed } from "./names.ts";
// Cities and their neighbours, about ten points each: Badan Informasi Geospasial, by way of
// mashadinoor/Indonesia-Geojson-2026 (MIT licence); names shortened, degrees to four decimals.
import region from "./region.json";
import { useMoves } from "./use-moves.ts";
import { movedBy, type Position, type Size, viewOf } from "./view.ts";

type MapProps = {
  offers: readonly PlacedOffer[];
  /** Where distances are counted from, and the reader's own cell if it is that. */
  origin: Point;
  homeCell: string | undefined;
  selected: string | undefined;
  onSelect: (cell: string | undefined) => void;
};

export default function OffersMap(map: MapProps) {
  const { t } = useI18n();
  const box = useRef<HTMLElement>(null);
  const [size, setSize] = useState<Size>();
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setSize(entry!.contentRect));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const { move, isMoved, zoomIn, zoomOut, back, handlers } = useMoves(box);
  const button = (label: string, icon: ReactNode, onClick: () => void) => (
    <button
      type="button"
      aria-label={label}
      onClick={onClick}
      className="grid size-10 place-items-center rounded-control border bg-surface"
    >
      {icon}
    </button>
  );
  return (
    <section
      ref={box}
      aria-label={t("map.title")}
      className="relative h-full w-full cursor-grab touch-pan-y overflow-hidden rounded-card border bg-house-soft select-none active:cursor-grabbing"
      {...handlers}
    >
      {size && <Picture {...map} size={size} move={move} />}
      <div className="absolute top-2 right-2 grid gap-1">
        {button(t("map.zoomIn"), <Plus className="size-4" />, zoomIn)}
        {button(t("map.zoomOut"), <Minus className="size-4" />, zoomOut)}
        {isMoved && button(t("map.back"), <RotateCcw className="size-4" />, back)}
      </div>
      <p className="pointer-events-none absolute right-1 bottom-1 rounded-full bg-surface/80 px-2 text-[0.625rem] text-muted">
        Badan Informasi Geospasial
      </p>
    </section>
  );
}

type PictureProps = MapProps & { size: Size; move: ReturnType<typeof useMoves>["move"] };

function Picture({ offers, origin, homeCell, selected, onSelect, size, move }: PictureProps) {
  const { t, format } = useI18n();
  const cells = useMemo(() => cellsOf(offers), [offers]);
  const home = homeCell && !cells.some(({ id }) => id === homeCell) ? homeCell : undefined;
  const hexagons = outlines([
    ...(home ? [{ id: home, selected: false, home: true }] : []),
    ...cells.map(({ id }) => ({ id, selected: id === selected, home: false })),
  ]).features;
  const corners = hexagons.flatMap(({ geometry }) => geometry.coordinates[0] as [number, number][]);
  const { place, zoom } = movedBy(
    viewOf([[origin.longitude, origin.latitude], ...corners], size),
    size,
    move,
  );
  const path = (rings: readonly (readonly number[][])[]) =>
    rings.map((ring) => `M${ring.map((corner) => place(corner as unknown as Position)).join("L")}Z`).join("");
  const at = (position: Position) => {
    const [left, top] = place(position);
    return { left, top, transform: "translate(-50%, -50%)" };
  };
  const centre = (cell: string): Position => {
    const { latitude, longitude } = centreOf(cell);
    return [longitude, latitude];
  };
  const drawn = hexagons.map(({ geometry }) =>
    boxOf((geometry.coordinates[0] as [number, number][]).map((corner) => place(corner))),
  );
  const labels = cells.map(({ id }) => labelBox(place(centre(id))));
  return (
    <>
      <svg aria-hidden className="absolute inset-0 size-full">
        {region.features.map(({ properties: { name }, geometry: { coordinates } }, index) => (
          <path
            key={`${name} ${String(index)}`}
            d={path(coordinates)}
            className="fill-surface stroke-line"
            strokeWidth={1.5}
          />
        ))}
        {hexagons.map(({ properties: { id, selected: chosen, home: own }, geometry: { coordinates } }) => (
          <path
            key={id}
            d={path(coordinates)}
            className={
              chosen
                ? "fill-accent stroke-accent"
                : own
                  ? "fill-muted stroke-battery"
                  : "fill-battery stroke-battery"
            }
            fillOpacity={own ? 0.12 : 0.3}
            strokeWidth={2}
          />
        ))}
      </svg>
      {zoom >= NAMES_FROM_ZOOM && <Cities place={place} taken={[...drawn, ...labels]} size={size} />}
      {home && (
        <span aria-hidden className={`absolute ${cityLabel}`} style={at(centre(home))}>
          {t("nearby.here")}
        </span>
      )}
      {cells.map((cell) => (
        <button
          key={cell.id}
          type="button"
          aria-pressed={cell.id === selected}
          aria-label={cellWords(cell, t, format)}
          onClick={() => onSelect(cell.id === selected ? undefined : cell.id)}
          className={`absolute ${priceLabel}`}
          style={at(centre(cell.id))}
        >
          {format.price(cell.cheapest)}
        </button>
      ))}
    </>
  );
}

type CitiesProps = {
  place: (position: Position) => [number, number];
  taken: readonly Box[];
  size: Size;
};

function Cities({ place, taken, size }: CitiesProps) {
  const cities = region.features.map(({ properties: { name }, geometry: { coordinates } }) => ({
    name,
    middle: place(middle(coordinates[0]!)),
  }));
  return [...placed(cities, taken, size)].map(([index, [left, top]]) => (
    <span
      key={index}
      aria-hidden
      className={`absolute ${cityLabel}`}
      style={{ left, top, transform: "translate(-50%, -50%)" }}
    >
      {cities[index]!.name}
    </span>
  ));
}
