/** Offers nearby on a map that the dApp brings along: no tile server hears where anybody looks. */
import "maplibre-gl/dist/maplibre-gl.css";
import "./map.css";
import { cellToBoundary } from "h3-js";
import {
  type GeoJSONSource,
  LngLatBounds,
  Map as MapLibre,
  Marker,
  NavigationControl,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { useEffect, useMemo, useRef, useState } from "react";
import { useI18n } from "../../i18n/index.ts";
import { colour, useThemeName } from "../../ui/index.ts";
import type { PlacedOffer } from "../data.ts";
import type { Point } from "../places.ts";
import { cellsOf, centreOf, outlines } from "./cells.ts";
// Cities and their neighbours, about ten points each: Badan Informasi Geospasial, by way of
// mashadinoor/Indonesia-Geojson-2026 (MIT licence); names shortened, degrees to four decimals.
import region from "./region.json";

setWorkerUrl(workerUrl);

type Props = {
  offers: readonly PlacedOffer[];
  /** Where distances are counted from, and the reader's own cell if it is that. */
  origin: Point;
  homeCell: string | undefined;
  selected: string | undefined;
  onSelect: (cell: string | undefined) => void;
};

const OFFERS = "offers";
const NAMES_FROM_ZOOM = 8.5;
const label =
  "cursor-pointer rounded-full border bg-surface px-2 py-1 text-xs font-semibold text-battery shadow-card aria-pressed:bg-accent aria-pressed:text-on-accent";
const cityLabel = "pointer-events-none text-[0.6875rem] font-medium text-muted";

export default function NearbyMap({ offers, origin, homeCell, selected, onSelect }: Props) {
  const { t, format } = useI18n();
  const theme = useThemeName();
  const box = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<MapLibre>();
  const [broken, setBroken] = useState(false);
  const cells = useMemo(() => cellsOf(offers), [offers]);
  const select = useRef(onSelect);
  select.current = onSelect;

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in the theme's colours and the reader's language
  useEffect(() => {
    let made: MapLibre;
    try {
      made = new MapLibre({
        container: box.current!,
        style: styleOf(),
        center: [106.83, -6.23],
        zoom: 9.5,
        minZoom: 7,
        maxZoom: 12.5,
        maxBounds: [105.9, -7.2, 108, -5.5],
        attributionControl: { compact: true, customAttribution: "Badan Informasi Geospasial" },
        cooperativeGestures: true,
        dragRotate: false,
        pitchWithRotate: false,
        locale: {
          "Map.Title": t("map.title"),
          "NavigationControl.ZoomIn": t("map.zoomIn"),
          "NavigationControl.ZoomOut": t("map.zoomOut"),
          "AttributionControl.ToggleAttribution": t("map.source"),
          "CooperativeGesturesHandler.WindowsHelpText": t("map.ctrlScroll"),
          "CooperativeGesturesHandler.MacHelpText": t("map.cmdScroll"),
          "CooperativeGesturesHandler.MobileHelpText": t("map.twoFingers"),
        },
      });
    } catch {
      // No WebGL: the list says the same.
      setBroken(true);
      return;
    }
    made.touchZoomRotate.disableRotation();
    made.addControl(new NavigationControl({ showCompass: false }), "top-right");
    const names = region.features.map(({ properties: { name }, geometry: { coordinates } }) =>
      written(name, cityLabel, middle(coordinates[0]!)).addTo(made),
    );
    const showNames = () => {
      for (const name of names) name.getElement().hidden = made.getZoom() < NAMES_FROM_ZOOM;
    };
    made.on("zoom", showNames);
    made.on("load", () => setMap(made));
    made.on("click", (event) => {
      const [hit] = made.queryRenderedFeatures(event.point, { layers: ["offer-fill"] });
      select.current(hit && !hit.properties.home ? String(hit.properties.id) : undefined);
    });
    return () => {
      setMap(undefined);
      made.remove();
    };
  }, [theme, format]);

  // What is on offer, as hexagons and as buttons on them.
  useEffect(() => {
    if (!map) return;
    const drawn = cells.map(({ id }) => ({ id, selected: id === selected, home: false }));
    const home =
      homeCell && !cells.some(({ id }) => id === homeCell)
        ? [{ id: homeCell, selected: false, home: true }]
        : [];
    map.getSource<GeoJSONSource>(OFFERS)?.setData(outlines([...home, ...drawn]));
    const markers = cells.map((cell) => {
      const element = document.createElement("button");
      const price = format.price(cell.cheapest);
      element.type = "button";
      element.className = label;
      element.textContent = price;
      element.setAttribute("aria-pressed", String(cell.id === selected));
      element.setAttribute(
        "aria-label",
        t("map.cell", {
          price,
          count: cell.offers,
          energy: format.energy(cell.wattHours),
          km: format.decimal(cell.distanceKm),
        }),
      );
      element.addEventListener("click", (event) => {
        event.stopPropagation();
        select.current(cell.id === selected ? undefined : cell.id);
      });
      const { latitude, longitude } = centreOf(cell.id);
      return new Marker({ element }).setLngLat([longitude, latitude]).addTo(map);
    });
    const [here] = home;
    if (here) {
      const { latitude, longitude } = centreOf(here.id);
      markers.push(written(t("nearby.here"), cityLabel, [longitude, latitude]).addTo(map));
    }
    return () => {
      for (const marker of markers) marker.remove();
    };
  }, [map, cells, homeCell, selected, t, format]);

  // Everything in sight whenever the place or the set of cells changes.
  const shown = cells.map(({ id }) => id).join();
  useEffect(() => {
    if (!map) return;
    const bounds = new LngLatBounds([origin.longitude, origin.latitude, origin.longitude, origin.latitude]);
    for (const id of [...shown.split(",").filter(Boolean), ...(homeCell ? [homeCell] : [])])
      for (const [longitude, latitude] of cellToBoundary(id, true)) bounds.extend([longitude, latitude]);
    map.fitBounds(bounds, { padding: 36, maxZoom: 11.5, animate: false });
  }, [map, shown, origin.latitude, origin.longitude, homeCell]);

  if (broken) return <p className="p-4 text-sm text-muted">{t("map.unavailable")}</p>;
  return <div ref={box} className="h-full w-full overflow-hidden rounded-card border" />;
}

/** Text on the map that is there to be seen only. */
function written(text: string, className: string, at: [number, number]): Marker {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  element.setAttribute("aria-hidden", "true");
  return new Marker({ element }).setLngLat(at);
}

function middle(ring: readonly number[][]): [number, number] {
  const corners = ring.slice(1);
  const mean = (axis: 0 | 1) => corners.reduce((sum, corner) => sum + corner[axis]!, 0) / corners.length;
  return [mean(0), mean(1)];
}

const styleOf = () => ({
  version: 8 as const,
  sources: {
    region: { type: "geojson" as const, data: region as never },
    [OFFERS]: { type: "geojson" as const, data: outlines([]) },
  },
  layers: [
    { id: "sea", type: "background" as const, paint: { "background-color": colour("--house-soft") } },
    { id: "land", type: "fill" as const, source: "region", paint: { "fill-color": colour("--surface") } },
    {
      id: "borders",
      type: "line" as const,
      source: "region",
      paint: { "line-color": colour("--line"), "line-width": 1.5 },
    },
    {
      id: "offer-fill",
      type: "fill" as const,
      source: OFFERS,
      paint: {
        "fill-color": [
          "case",
          ["get", "selected"],
          colour("--accent"),
          ["get", "home"],
          colour("--muted"),
          colour("--battery"),
        ] as never,
        "fill-opacity": ["case", ["get", "home"], 0.12, 0.3] as never,
      },
    },
    {
      id: "offer-line",
      type: "line" as const,
      source: OFFERS,
      paint: {
        "line-color": ["case", ["get", "selected"], colour("--accent"), colour("--battery")] as never,
        "line-width": 2,
      },
    },
  ],
});
