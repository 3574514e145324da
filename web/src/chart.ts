// The map: OpenLayers on canvas, no tiles, no WebGL. The base map is one file
// that the node serves; everything that moves is drawn from the node's picture.
import Feature from "ol/Feature.js";
import OLMap from "ol/Map.js";
import View from "ol/View.js";
import GeoJSON from "ol/format/GeoJSON.js";
import LineString from "ol/geom/LineString.js";
import OLPoint from "ol/geom/Point.js";
import Polygon from "ol/geom/Polygon.js";
import Draw from "ol/interaction/Draw.js";
import Graticule from "ol/layer/Graticule.js";
import VectorImageLayer from "ol/layer/VectorImage.js";
import VectorLayer from "ol/layer/Vector.js";
import { fromLonLat, toLonLat } from "ol/proj.js";
import VectorSource from "ol/source/Vector.js";
import { Fill, Stroke, Text } from "ol/style.js";
import { createEmpty, extend, isEmpty, type Extent } from "ol/extent.js";
import type { FeatureLike } from "ol/Feature.js";
import type { Style } from "ol/style.js";
import { defaults as interactions } from "ol/interaction/defaults.js";
import { effect, signal } from "@preact/signals";
import * as geo from "./geo.ts";
import { past, second } from "./clock.ts";
import { layOut } from "./layout.ts";
import { marks } from "./marks.ts";
import { alertStyle, baseStyle, forget, labelStyle, nameStyle, planStyle, sketchStyle, trackStyle, volumeStyle } from "./symbols.ts";
import { t } from "./i18n.ts";
import { color, theme } from "./look.ts";
import { openAlerts, picture, selected, tracks } from "./store.ts";
import type { Point, TrackView, Volume } from "./types.ts";

export const cursor = signal<Point | null>(null);
export const scale = signal({ px: 100, nm: 0 });
export const sketch = signal<Volume[]>([]); // what is being composed
export const drawing = signal<"polygon" | "circle" | null>(null);

const font = (size: number) => `${size}px "Noto Sans", sans-serif`;
const xy = (p: Point) => fromLonLat([p.lon, p.lat]);

let map: OLMap | null = null;
const sources = { base: new VectorSource(), volumes: new VectorSource(), plans: new VectorSource(), tracks: new VectorSource(), names: new VectorSource(), labels: new VectorSource(), sketch: new VectorSource(), alerts: new VectorSource() };
export function shapeOf(v: Volume): Point[] {
  if (v.area.circle) return geo.circle(v.area.circle.center, v.area.circle.radius_m);
  return geo.ring(v.area.polygon ?? []);
}

const polygon = (ps: Point[]) => {
  const c = ps.map(xy);
  return new Polygon([c.length ? [...c, c[0]!] : []]);
};

function drawVolumes(): void {
  const all = marks(picture.value);
  const fresh = all.map((m) => `${m.record}${m.state}${m.text}`).join("|");
  if (fresh === drawn) return;
  drawn = fresh;
  sources.volumes.clear(true);
  sources.volumes.addFeatures(all.map((m) => new Feature({ geometry: polygon(shapeOf(m.volume)), state: m.state, own: m.own, text: m.text, record: m.record })).reverse());
  lay();
}
let drawn = "";

function drawPlans(): void {
  const out: Feature[] = [];
  for (const p of picture.value?.plans ?? []) {
    if (p.ended) continue;
    const legs = p.plan.legs ?? [];
    const longest = legs.reduce((k, l, i) => (geo.distanceM(l.from, l.to) > geo.distanceM(legs[k]!.from, legs[k]!.to) ? i : k), 0);
    legs.forEach((l, i) => {
      out.push(new Feature({ geometry: polygon(geo.corridor(l.from, l.to, l.half_width_m)), record: p.id }));
      out.push(new Feature({ geometry: new LineString(geo.path(l.from, l.to).map(xy)), line: true, text: i === longest ? `${p.plan.name} · ${t("map.plan")}` : "", record: p.id }));
    });
  }
  sources.plans.clear(true);
  sources.plans.addFeatures(out);
  lay();
}

export function levelText(v: TrackView): string {
  if (v.alt_feet === undefined) return t("track.noaltitude");
  if (!v.datum || v.datum === "FL") return `FL${String(Math.round(v.alt_feet / 100)).padStart(3, "0")}`;
  return t("track.feet", { feet: v.alt_feet, datum: v.datum });
}

function drawTracks(): void {
  const out: Feature[] = [];
  for (const v of past.value ? [] : tracks.value) {
    const age = v.state === "fresh" ? "" : `\n${t(v.state === "late" ? "track.late" : "track.lost", { age: Math.round(v.age_seconds) })}`;
    const arrow = v.climb_fpm > 150 ? " ↑" : v.climb_fpm < -150 ? " ↓" : "";
    const text = `${v.callsign || v.id}${v.synthetic ? ` (${t("track.synthetic")})` : ""}\n${levelText(v)}${arrow}  ${Math.round(v.speed_kt)} kt${age}`;
    out.push(new Feature({ geometry: new OLPoint(xy(v.point)), track: v, text }));
    if (v.predicted?.length) {
      const line = [v.point, ...v.predicted];
      out.push(new Feature({ geometry: new LineString(line.flatMap((p, i) => (i ? geo.path(line[i - 1]!, p).slice(1) : [p])).map(xy)), track: v, ahead: true }));
    }
  }
  sources.tracks.clear(true);
  sources.tracks.addFeatures(out);
  lay();
}

// lay puts the labels where they hide nothing, once before the next picture.
let laying = 0;
function lay(): void {
  laying ||= requestAnimationFrame(() => {
    laying = 0;
    if (map) layOut(map, sources, marked);
  });
}
const marked = (f: Feature) => (f.get("track") ? selected.peek()?.id === (f.get("track") as TrackView).id : selected.peek()?.id === f.get("record"));

function drawAlerts(): void {
  sources.alerts.clear(true);
  sources.alerts.addFeatures(openAlerts.value.flatMap((a) => (a.alert.at && a.calls ? [new Feature({ geometry: new OLPoint(xy(a.alert.at)), record: a.id })] : [])));
}

function drawSketch(): void {
  sources.sketch.clear(true);
  sources.sketch.addFeatures(sketch.value.map((v) => new Feature({ geometry: polygon(shapeOf(v)) })));
}

// fit shows all that stands now; the first picture does it once by itself.
export function fit(): void {
  if (!map) return;
  const e: Extent = createEmpty();
  for (const s of [sources.volumes, sources.plans, sources.tracks]) {
    const x = s.getExtent();
    if (x && !isEmpty(x)) extend(e, x);
  }
  if (isEmpty(e)) return;
  map.getView().fit(e, { padding: [70, 90, 70, 90], maxZoom: 10, duration: 0 });
}

// showAll shows whole areas, such as the alternative that a party proposes.
export function showAll(vs: Volume[]): void {
  const e = createEmpty();
  for (const v of vs) extend(e, polygon(shapeOf(v)).getExtent());
  if (!isEmpty(e)) map?.getView().fit(e, { padding: [90, 90, 90, 90], maxZoom: 10, duration: 250 });
}

export function show(p: Point): void {
  map?.getView().animate({ center: xy(p), duration: 250 });
}

export function zoom(by: number): void {
  const v = map?.getView();
  if (v) v.animate({ zoom: (v.getZoom() ?? 7) + by, duration: 150 });
}

function measure(): void {
  const v = map?.getView();
  const c = v?.getCenter();
  const r = v?.getResolution();
  if (!c || !r) return;
  const a = toLonLat(c);
  const b = toLonLat([c[0]! + r * 120, c[1]!]);
  const nm = geo.distanceM({ lat: a[1]!, lon: a[0]! }, { lat: b[1]!, lon: b[0]! }) / 1852;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].filter((x) => x <= nm).pop() ?? 0.1;
  scale.value = { px: Math.round((120 * step) / nm), nm: step };
}

// The graticule keeps the colours that it is made with: each theme has its own.
const graticule = () => new Graticule({
  showLabels: true, wrapX: false, targetSize: 110,
  strokeStyle: new Stroke({ color: color("graticule"), width: 1 }),
  lonLabelStyle: new Text({ font: font(10), fill: new Fill({ color: color("faint") }), stroke: new Stroke({ color: color("sea"), width: 2 }), textBaseline: "bottom", offsetY: -3 }),
  latLabelStyle: new Text({ font: font(10), fill: new Fill({ color: color("faint") }), stroke: new Stroke({ color: color("sea"), width: 2 }), textAlign: "right", offsetX: -4, offsetY: -7 }),
  lonLabelPosition: 0, latLabelPosition: 1,
});

// start makes the map in an element and gives what ends it.
export function startChart(at: HTMLElement): () => void {
  const layer = (source: VectorSource, style: (f: FeatureLike, r: number) => Style | Style[] | undefined, more = {}) =>
    new VectorLayer({ source, style: style as never, updateWhileAnimating: true, ...more });
  const base = new VectorImageLayer({ source: sources.base, style: baseStyle as never, imageRatio: 1.5, declutter: false });
  const layers = [
    layer(sources.names, nameStyle),
    layer(sources.plans, planStyle),
    layer(sources.volumes, volumeStyle),
    layer(sources.sketch, sketchStyle),
    layer(sources.alerts, alertStyle),
    layer(sources.tracks, trackStyle),
    layer(sources.labels, labelStyle),
  ];
  const made = new OLMap({
    target: at, controls: [], layers: [base, graticule(), ...layers],
    interactions: interactions({ altShiftDragRotate: false, pinchRotate: false }),
    view: new View({ center: fromLonLat([35.6, 34.9]), zoom: 7.6, minZoom: 4.5, maxZoom: 15 }),
  });
  map = made;
  made.on("pointermove", (e) => {
    if (e.dragging) return;
    const [lon, lat] = toLonLat(e.coordinate) as [number, number];
    cursor.value = { lat, lon };
    at.style.cursor = drawing.value ? "crosshair" : made.hasFeatureAtPixel(e.pixel, { layerFilter: (l) => layers.includes(l as never), hitTolerance: 4 }) ? "pointer" : "";
  });
  made.on("singleclick", (e) => {
    if (drawing.value) return;
    let hit: typeof selected.value = null;
    made.forEachFeatureAtPixel(e.pixel, (f) => {
      const v = f.get("track") as TrackView | undefined;
      hit = v ? { kind: "track", id: v.id } : f.get("record") ? { kind: "record", id: String(f.get("record")) } : null;
      return !!hit;
    }, { hitTolerance: 6, layerFilter: (l) => layers.includes(l as never) });
    selected.value = hit;
  });
  made.on("moveend", () => { measure(); lay(); });
  made.on("change:size", lay);
  void fetch("/assets/basemap.json").then(async (r) => {
    if (!r.ok) return;
    const all = new GeoJSON().readFeatures(await r.json(), { featureProjection: "EPSG:3857" }) as Feature[];
    const lines = new Set(["land", "border", "disputed"]);
    sources.base.addFeatures(all.filter((f) => lines.has(f.get("layer") as string)));
    sources.names.addFeatures(all.filter((f) => !lines.has(f.get("layer") as string)));
    lay();
  });
  let fitted = false;
  const stops = [
    effect(() => { drawVolumes(); void second.value; }),
    effect(() => { drawPlans(); if (!fitted && picture.value) { fitted = true; fit(); } }),
    effect(drawTracks), effect(drawAlerts), effect(drawSketch),
    effect(() => {
      void theme.value; void selected.value;
      forget();
      base.changed();
      for (const l of layers) l.changed();
      lay();
    }),
    effect(() => { void theme.value; made.getLayers().setAt(1, graticule()); }),
    effect(() => startDrawing(made, drawing.value)),
  ];
  const fonts = document.fonts?.ready.then(() => { forget(); base.changed(); for (const l of layers) l.changed(); lay(); });
  void fonts;
  measure();
  return () => {
    stops.forEach((s) => s());
    made.setTarget(undefined);
    map = null;
  };
}

export let drawnArea: (area: Volume["area"]) => void = () => {};
export const onDrawn = (f: typeof drawnArea) => (drawnArea = f);

function startDrawing(on: OLMap, kind: "polygon" | "circle" | null): (() => void) | void {
  if (!kind) return;
  const draw = new Draw({ type: kind === "circle" ? "Circle" : "Polygon", minPoints: 3 });
  draw.on("drawend", (e) => {
    const g = e.feature.getGeometry();
    const round = (c: number[]): Point => {
      const [lon, lat] = toLonLat(c) as [number, number];
      return { lat: Math.round(lat * 1e4) / 1e4, lon: Math.round(lon * 1e4) / 1e4 };
    };
    if (g instanceof Polygon) drawnArea({ polygon: g.getCoordinates()[0]!.slice(0, -1).map(round) });
    else if (g && "getCenter" in g) {
      const c = (g as unknown as { getCenter(): number[]; getRadius(): number });
      const center = round(c.getCenter());
      const edge = round([c.getCenter()[0]! + c.getRadius(), c.getCenter()[1]!]);
      drawnArea({ circle: { center, radius_m: Math.max(50, Math.round(geo.distanceM(center, edge) / 50) * 50) } });
    }
    drawing.value = null;
  });
  on.addInteraction(draw);
  return () => on.removeInteraction(draw);
}
