/** The map as a picture with the prices on it: all that a first look needs, without the map's library. */
import { Plus } from "lucide-react";
import { useLayoutEffect, useMemo, useRef, useState } from "react";
import { useI18n } from "../../i18n/index.ts";
import { cellsOf, centreOf, outlines } from "./cells.ts";
import { cellWords, cityLabel, middle, NAMES_FROM_ZOOM, priceLabel } from "./labels.ts";
import type { MapProps } from "./offers-map.tsx";
import region from "./region.json";
import { type Position, type Size, viewOf } from "./view.ts";

/** @param props.onZoom Asks for the map that moves */
export function StillMap({ onZoom, ...map }: MapProps & { onZoom: () => void }) {
  const { t } = useI18n();
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Size>();
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setSize(entry!.contentRect));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <section
      ref={box}
      aria-label={t("map.title")}
      className="relative h-full w-full overflow-hidden rounded-card border bg-house-soft"
    >
      {size && <Picture {...map} size={size} />}
      <button
        type="button"
        aria-label={t("map.zoomIn")}
        onClick={onZoom}
        className="absolute top-2 right-2 grid size-8 place-items-center rounded-control border bg-surface"
      >
        <Plus className="size-4" />
      </button>
      <p className="absolute right-1 bottom-1 rounded-full bg-surface/80 px-2 text-[0.625rem] text-muted">
        Badan Informasi Geospasial
      </p>
    </section>
  );
}

function Picture({ offers, origin, homeCell, selected, onSelect, size }: MapProps & { size: Size }) {
  const { t, format } = useI18n();
  const cells = useMemo(() => cellsOf(offers), [offers]);
  const home = homeCell && !cells.some(({ id }) => id === homeCell) ? homeCell : undefined;
  const hexagons = outlines([
    ...(home ? [{ id: home, selected: false, home: true }] : []),
    ...cells.map(({ id }) => ({ id, selected: id === selected, home: false })),
  ]).features;
  const corners = hexagons.flatMap(({ geometry }) => geometry.coordinates[0] as [number, number][]);
  const { place, zoom } = viewOf([[origin.longitude, origin.latitude], ...corners], size);
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
  return (
    <>
      <svg aria-hidden className="absolute inset-0 size-full">
        {region.features.map(({ geometry: { coordinates } }) => (
          <path
            key={String(coordinates[0]![0])}
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
      {zoom >= NAMES_FROM_ZOOM &&
        region.features.map(({ properties: { name }, geometry: { coordinates } }) => (
          <span
            key={String(coordinates[0]![0])}
            aria-hidden
            className={`absolute ${cityLabel}`}
            style={at(middle(coordinates[0]!))}
          >
            {name}
          </span>
        ))}
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
