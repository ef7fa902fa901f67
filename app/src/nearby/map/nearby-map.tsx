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
import { type I18n, useI18n } from "../../i18n/index.ts";
import { colour, useThemeName } from "../../ui/index.ts";
import { type Cell, cellsOf, centreOf, outlines } from "./cells.ts";
import { cellWords, cityLabel, middle, NAMES_FROM_ZOOM, priceLabel } from "./labels.ts";
import type { MapProps } from "./offers-map.tsx";
// Cities and their neighbours, about ten points each: Badan Informasi Geospasial, by way of
// mashadinoor/Indonesia-Geojson-2026 (MIT licence); names shortened, degrees to four decimals.
import region from "./region.json";
import { MOST_ZOOM, PADDING, type Position } from "./view.ts";

setWorkerUrl(workerUrl);

type Props = MapProps & {
  /** It is drawn. */
  onReady: () => void;
  /** This browser has no WebGL. */
  onUnavailable: () => void;
};

const OFFERS = "offers";

export default function NearbyMap({
  offers,
  origin,
  homeCell,
  selected,
  onSelect,
  onReady,
  onUnavailable,
}: Props) {
  const { t, format } = useI18n();
  const theme = useThemeName();
  const box = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<MapLibre>();
  const cells = useMemo(() => cellsOf(offers), [offers]);
  const tell = useRef({ onSelect, onReady, onUnavailable });
  tell.current = { onSelect, onReady, onUnavailable };

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in the theme's colours and the reader's language
  useEffect(() => {
    let made: MapLibre;
    try {
      made = makeMap(box.current!, t);
    } catch {
      tell.current.onUnavailable();
      return;
    }
    showCities(made);
    made.on("load", () => {
      setMap(made);
      tell.current.onReady();
    });
    made.on("click", (event) => {
      const [hit] = made.queryRenderedFeatures(event.point, { layers: ["offer-fill"] });
      tell.current.onSelect(hit && !hit.properties.home ? String(hit.properties.id) : undefined);
    });
    return () => {
      setMap(undefined);
      made.remove();
    };
  }, [theme, format]);

  useEffect(() => {
    const select = (id: string | undefined) => tell.current.onSelect(id);
    return map && showOffers(map, { cells, homeCell, selected, select }, { t, format });
  }, [map, cells, homeCell, selected, t, format]);

  // Everything in sight whenever the place or the set of cells changes.
  const shown = cells.map(({ id }) => id).join();
  useEffect(() => {
    if (!map) return;
    const bounds = new LngLatBounds([origin.longitude, origin.latitude, origin.longitude, origin.latitude]);
    for (const id of [...shown.split(",").filter(Boolean), ...(homeCell ? [homeCell] : [])])
      for (const [longitude, latitude] of cellToBoundary(id, true)) bounds.extend([longitude, latitude]);
    map.fitBounds(bounds, { padding: PADDING, maxZoom: MOST_ZOOM, animate: false });
  }, [map, shown, origin.latitude, origin.longitude, homeCell]);

  return <div ref={box} className="h-full w-full overflow-hidden rounded-card border" />;
}

/** @throws when this browser has no WebGL. */
function makeMap(container: HTMLElement, t: I18n["t"]): MapLibre {
  const map = new MapLibre({
    container,
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
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  return map;
}

/** The cities' names, where there is room for them. */
function showCities(map: MapLibre): void {
  const names = region.features.map(({ properties: { name }, geometry: { coordinates } }) =>
    written(name, cityLabel, middle(coordinates[0]!)).addTo(map),
  );
  map.on("zoom", () => {
    for (const name of names) name.getElement().hidden = map.getZoom() < NAMES_FROM_ZOOM;
  });
}

type Shown = {
  cells: readonly Cell[];
  homeCell: string | undefined;
  selected: string | undefined;
  select: (id: string | undefined) => void;
};

/** What is on offer, as hexagons and as buttons on them. @returns how to take the buttons away. */
function showOffers(map: MapLibre, shown: Shown, i18n: Pick<I18n, "t" | "format">): () => void {
  const { cells, homeCell, selected } = shown;
  const drawn = cells.map(({ id }) => ({ id, selected: id === selected, home: false }));
  const home =
    homeCell && !cells.some(({ id }) => id === homeCell)
      ? [{ id: homeCell, selected: false, home: true }]
      : [];
  map.getSource<GeoJSONSource>(OFFERS)?.setData(outlines([...home, ...drawn]));
  const markers = cells.map((cell) => priceButton(cell, shown, i18n).addTo(map));
  const [here] = home;
  if (here) {
    const { latitude, longitude } = centreOf(here.id);
    markers.push(written(i18n.t("nearby.here"), cityLabel, [longitude, latitude]).addTo(map));
  }
  return () => {
    for (const marker of markers) marker.remove();
  };
}

/** Selects a cell, or takes that back. */
function priceButton(
  cell: Cell,
  { selected, select }: Shown,
  { t, format }: Pick<I18n, "t" | "format">,
): Marker {
  const element = document.createElement("button");
  element.type = "button";
  element.className = priceLabel;
  element.textContent = format.price(cell.cheapest);
  element.setAttribute("aria-pressed", String(cell.id === selected));
  element.setAttribute("aria-label", cellWords(cell, t, format));
  element.addEventListener("click", (event) => {
    event.stopPropagation();
    select(cell.id === selected ? undefined : cell.id);
  });
  const { latitude, longitude } = centreOf(cell.id);
  return new Marker({ element }).setLngLat([longitude, latitude]);
}

/** Text on the map that is there to be seen only. */
function written(text: string, className: string, [longitude, latitude]: Position): Marker {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  element.setAttribute("aria-hidden", "true");
  return new Marker({ element }).setLngLat([longitude, latitude]);
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
