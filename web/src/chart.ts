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
import { Fill, Icon, Stroke, Style, Text } from "ol/style.js";
import { createEmpty, extend, isEmpty, type Extent } from "ol/extent.js";
import type { FeatureLike } from "ol/Feature.js";
import { defaults as interactions } from "ol/interaction/defaults.js";
import { effect, signal } from "@preact/signals";
import * as geo from "./geo.ts";
import { bandText, whatOf, windowState } from "./say.ts";
import { ms, now, second, shortClock } from "./clock.ts";
import { t } from "./i18n.ts";
import { color, theme } from "./look.ts";
import { openAlerts, picture, selected, tracks } from "./store.ts";
import type { Point, TrackView, Volume } from "./types.ts";

export const cursor = signal<Point | null>(null);
export const scale = signal({ px: 100, nm: 0 });
export const sketch = signal<Volume[]>([]); // what is being composed
export const drawing = signal<"polygon" | "circle" | null>(null);

const xy = (p: Point) => fromLonLat([p.lon, p.lat]);
const font = (size: number, weight = 400) => `${weight} ${size}px "Noto Sans", sans-serif`;

let map: OLMap | null = null;
const sources = { base: new VectorSource(), volumes: new VectorSource(), plans: new VectorSource(), tracks: new VectorSource(), sketch: new VectorSource(), alerts: new VectorSource() };
let styles = new Map<string, Style | Style[]>();

// cached makes a style once for each look; hundreds of tracks share a few dozen.
function cached<T extends Style | Style[]>(key: string, make: () => T): T {
  let s = styles.get(key);
  if (!s) styles.set(key, (s = make()));
  return s as T;
}

const label = (text: string, ink: string, size: number, more: object = {}, weight = 400) =>
  new Text({ text, font: font(size, weight), fill: new Fill({ color: ink }), stroke: new Stroke({ color: color("sea"), width: 3 }), ...more });

function baseStyle(f: FeatureLike, resolution: number): Style | undefined {
  const layer = f.get("layer") as string;
  if (layer === "land") return cached("land", () => new Style({ fill: new Fill({ color: color("land") }), stroke: new Stroke({ color: color("coast"), width: 1 }) }));
  if (layer === "border") return cached("border", () => new Style({ stroke: new Stroke({ color: color("border-line"), width: 1 }) }));
  if (layer === "disputed") return cached("disputed", () => new Style({ stroke: new Stroke({ color: color("border-line"), width: 1.25, lineDash: [5, 5] }) }));
  const rank = Number(f.get("rank") ?? 9);
  if (rank > (resolution > 1500 ? 0 : resolution > 700 ? 1 : resolution > 300 ? 2 : 9)) return undefined;
  const name = String(f.get("name_en") ?? "");
  const kind = String(f.get("kind") ?? "");
  if (kind === "sea" || kind === "water") return cached(`sea ${name}`, () => new Style({ text: label(name, color("sea-name"), 13, { stroke: undefined }) }));
  if (kind === "country") return cached(`country ${name}`, () => new Style({ text: label(name.toUpperCase(), color("country-name"), 12, { stroke: new Stroke({ color: color("land"), width: 2 }) }) }));
  return cached(`place ${name}`, () =>
    new Style({
      image: dot(color("place")),
      text: label(name, color("place"), rank === 0 ? 12 : 11, { offsetX: 6, textAlign: "left", stroke: new Stroke({ color: color("land"), width: 3 }) }),
    }));
}

const svg = (body: string, size: number) => `data:image/svg+xml;utf8,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="-16 -16 32 32">${body}</svg>`)}`;
const dot = (ink: string) => cachedIcon(`dot ${ink}`, () => new Icon({ src: svg(`<circle r="4" fill="${ink}"/>`, 12) }));
const icons = new Map<string, Icon>();
function cachedIcon(key: string, make: () => Icon): Icon {
  let i = icons.get(key);
  if (!i) icons.set(key, (i = make()));
  return i;
}

// Windows: a name, a pattern of the line and words say the same as the colour.
const volumeInk = (state: string) => color(state === "active" ? "hazard" : state === "upcoming" ? "soon" : state === "relayed" ? "good" : "past");

function volumeStyle(f: FeatureLike): Style[] {
  const state = f.get("state") as string;
  const own = f.get("own") as boolean;
  const marked = selected.value?.kind === "record" && selected.value.id === f.get("record");
  const text = f.get("text") as string;
  return cached(`volume ${state} ${own} ${marked} ${text}`, () => {
    const ink = volumeInk(state);
    const dash = state === "upcoming" ? [10, 5] : state === "over" ? [2, 6] : state === "relayed" ? [14, 4, 2, 4] : undefined;
    return [
      new Style({ fill: new Fill({ color: `${ink}${state === "over" ? "0a" : own ? "14" : "24"}` }), stroke: new Stroke({ color: `${color("sea")}cc`, width: marked ? 6 : 4 }) }),
      new Style({
        stroke: new Stroke({ color: ink, width: marked ? 3 : 1.75, ...(dash ? { lineDash: dash } : {}) }),
      }),
      // The words stand over the area's upper edge, so that what is inside stays to be seen.
      new Style({
        geometry: (g) => {
          const [west, , east, north] = g.getGeometry()!.getExtent() as [number, number, number, number];
          return new OLPoint([(west + east) / 2, north]);
        },
        text: label(text, state === "over" ? color("past") : color("ink"), 12, { overflow: true, textAlign: "center", textBaseline: "bottom", offsetY: -7, stroke: undefined, backgroundFill: new Fill({ color: color("plate") }), padding: [3, 6, 2, 6] }, 600),
      }),
    ];
  });
}

function planStyle(f: FeatureLike): Style[] {
  if (f.get("line")) {
    const text = f.get("text") as string;
    return cached(`plan line ${text}`, () => [new Style({ stroke: new Stroke({ color: color("own"), width: 1.5, lineDash: [2, 5] }), text: label(text, color("own"), 12, { placement: "line", textBaseline: "bottom", overflow: true }, 600) })]);
  }
  return cached("plan", () => [new Style({ fill: new Fill({ color: `${color("own")}12` }), stroke: new Stroke({ color: `${color("own")}b0`, width: 1.25, lineDash: [8, 6] }) })]);
}

const shapes: Record<string, string> = {
  own: '<path d="M0-13 9 11 0 6-9 11Z" fill="INK" stroke="SEA" stroke-width="1.5"/>',
  protected: '<circle r="9" fill="INK" stroke="SEA" stroke-width="1.5"/><path d="M0-15V-9" stroke="INK" stroke-width="3"/><path d="M0-5V5M-5 0H5" stroke="SEA" stroke-width="2.5"/>',
  civil: '<path d="M0-14C2-14 3-11 3-8V-3L13 4V7L3 4V10L6 13V14L0 12-6 14V13L-3 10V4L-13 7V4L-3-3V-8C-3-11-2-14 0-14Z" fill="INK"/>',
  other: '<path d="M0-13 9 0 0 11-9 0Z" fill="none" stroke="INK" stroke-width="2.5"/><path d="M0-13V-16" stroke="INK" stroke-width="2"/>',
};

function trackStyle(f: FeatureLike, resolution: number): Style | Style[] {
  const v = f.get("track") as TrackView;
  if (f.get("ahead")) {
    const own = v.standing === "own";
    return cached(`ahead ${own}`, () => new Style({ stroke: new Stroke({ color: color(own ? "own" : "ink-2"), width: 1.5, lineDash: [1, 4], lineCap: "round" }) }));
  }
  const marked = selected.value?.kind === "track" && selected.value.id === v.id;
  const words = marked || resolution < 400 || tracks.value.length < 60 || v.standing === "own";
  const text = f.get("text") as string;
  const ink = color(v.state === "lost" ? "past" : v.standing === "own" ? "own" : v.standing === "protected" ? "good" : v.standing === "civil" ? "civil" : "ink-2");
  const turn = Math.round(v.track_deg / 3) * 3;
  const symbol = new Style({ image: cachedIcon(`${v.standing} ${v.state} ${ink}`, () => trackIcon(v.standing, v.state, ink)).clone() });
  const one = cached(`track ${v.standing} ${v.state} ${turn}`, () => {
    (symbol.getImage() as Icon).setRotation((turn * Math.PI) / 180);
    return symbol;
  });
  const out = [one];
  if (words) out.push(new Style({ text: label(text, v.state === "fresh" ? color("ink") : color("warn"), 11.5, { offsetX: 16, offsetY: 2, textAlign: "left", justify: "left", ...(marked ? { backgroundFill: new Fill({ color: color("plate") }), padding: [2, 4, 2, 4] } : {}) }, v.standing === "own" ? 600 : 400) }));
  return out;
}

function trackIcon(standing: string, state: string, ink: string): Icon {
  let body = (shapes[standing] ?? shapes["other"]!).replaceAll("INK", ink).replaceAll("SEA", color("sea"));
  if (state !== "fresh") body = `<g opacity="${state === "lost" ? ".55" : ".85"}">${body}</g><circle r="14.5" fill="none" stroke="${color("warn")}" stroke-width="1.75" stroke-dasharray="${state === "late" ? "5 3.5" : "1.5 4.5"}"/>`;
  if (state === "lost") body += `<path d="M-10-10 10 10M10-10-10 10" stroke="${color("warn")}" stroke-width="2"/>`;
  return new Icon({ src: svg(body, standing === "own" ? 30 : 26), rotateWithView: true });
}

function alertStyle(): Style {
  return cached("alert", () => new Style({ image: new Icon({ src: svg(`<circle r="12" fill="none" stroke="${color("alarm")}" stroke-width="2.5"/><circle r="15" fill="none" stroke="${color("alarm")}" stroke-width="1" stroke-dasharray="3 3"/><path d="M0-7V2M0 5V7.5" stroke="${color("alarm")}" stroke-width="3"/>`, 34) }) }));
}

const sketchStyle = () => cached("sketch", () => new Style({ fill: new Fill({ color: `${color("accent")}22` }), stroke: new Stroke({ color: color("accent"), width: 2.5, lineDash: [4, 4] }) }));

export function shapeOf(v: Volume): Point[] {
  if (v.area.circle) return geo.circle(v.area.circle.center, v.area.circle.radius_m);
  return geo.ring(v.area.polygon ?? []);
}

const polygon = (ps: Point[]) => {
  const c = ps.map(xy);
  return new Polygon([c.length ? [...c, c[0]!] : []]);
};

function drawVolumes(): void {
  const p = picture.value;
  const out: Feature[] = [];
  for (const n of p?.notices ?? []) {
    if (n.cancelled_by) continue;
    (n.volumes ?? []).forEach((v, i) => {
      const state = windowState(v);
      if (state === "over" && now.peek() - ms(v.window.to) > 3 * 3600_000) return;
      const head = i === 0 ? [`${n.party} · ${whatOf(n)}`, n.notice.place ?? ""].filter(Boolean).join(" · ") : "";
      const text = [head, `${bandText(v.band)}  ${shortClock(ms(v.window.from))}–${shortClock(ms(v.window.to))}`, t(`window.${state}`).toUpperCase()].filter(Boolean).join("\n");
      out.push(new Feature({ geometry: polygon(shapeOf(v)), state, own: n.party === p?.self, text, record: n.id }));
    });
  }
  for (const r of p?.relays ?? [])
    (r.relay.volumes ?? []).forEach((v) => {
      // What a relay asks for is room for somebody, not a hazard: it looks otherwise.
      if (windowState(v) === "over") return;
      const text = `${r.party} · ${t("map.relayed")}\n${bandText(v.band)}  ${shortClock(ms(v.window.from))}–${shortClock(ms(v.window.to))}`;
      out.push(new Feature({ geometry: polygon(shapeOf(v)), state: "relayed", own: true, text, record: r.id }));
    });
  const fresh = out.map((f) => `${f.get("record")}${f.get("state")}${f.get("text")}`).join("|");
  if (fresh === drawn) return;
  drawn = fresh;
  sources.volumes.clear(true);
  sources.volumes.addFeatures(out);
}
let drawn = "";

function drawPlans(): void {
  const out: Feature[] = [];
  for (const p of picture.value?.plans ?? []) {
    if (p.ended) continue;
    (p.plan.legs ?? []).forEach((l, i) => {
      out.push(new Feature({ geometry: polygon(geo.corridor(l.from, l.to, l.half_width_m)), record: p.id }));
      out.push(new Feature({ geometry: new LineString(geo.path(l.from, l.to).map(xy)), line: true, text: i === 0 ? `${p.plan.name} · ${t("map.plan")}` : "", record: p.id }));
    });
  }
  sources.plans.clear(true);
  sources.plans.addFeatures(out);
}

export function levelText(v: TrackView): string {
  if (v.alt_feet === undefined) return t("track.noaltitude");
  if (!v.datum || v.datum === "FL") return `FL${String(Math.round(v.alt_feet / 100)).padStart(3, "0")}`;
  return t("track.feet", { feet: v.alt_feet, datum: v.datum });
}

function drawTracks(): void {
  const out: Feature[] = [];
  for (const v of tracks.value) {
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
}

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
  lonLabelStyle: new Text({ font: font(10), fill: new Fill({ color: color("faint") }), stroke: new Stroke({ color: color("sea"), width: 2 }), textBaseline: "bottom", offsetY: -26 }),
  latLabelStyle: new Text({ font: font(10), fill: new Fill({ color: color("faint") }), stroke: new Stroke({ color: color("sea"), width: 2 }), textAlign: "right", offsetX: -4, offsetY: -7 }),
  lonLabelPosition: 0, latLabelPosition: 1,
});

// start makes the map in an element and gives what ends it.
export function startChart(at: HTMLElement): () => void {
  const layer = (source: VectorSource, style: (f: FeatureLike, r: number) => Style | Style[] | undefined, more = {}) =>
    new VectorLayer({ source, style: style as never, updateWhileAnimating: true, ...more });
  const base = new VectorImageLayer({ source: sources.base, style: baseStyle as never, imageRatio: 1.5, declutter: false });
  const layers = [
    layer(sources.plans, planStyle),
    layer(sources.volumes, volumeStyle, { declutter: false }),
    layer(sources.sketch, sketchStyle),
    layer(sources.alerts, alertStyle),
    layer(sources.tracks, trackStyle),
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
  made.on("moveend", measure);
  void fetch("/assets/basemap.json").then(async (r) => {
    if (!r.ok) return;
    sources.base.addFeatures(new GeoJSON().readFeatures(await r.json(), { featureProjection: "EPSG:3857" }) as Feature[]);
  });
  let fitted = false;
  const stops = [
    effect(() => { drawVolumes(); void second.value; }),
    effect(() => { drawPlans(); if (!fitted && picture.value) { fitted = true; fit(); } }),
    effect(drawTracks), effect(drawAlerts), effect(drawSketch),
    effect(() => {
      void theme.value; void selected.value;
      styles = new Map();
      icons.clear();
      base.changed();
      for (const l of layers) l.changed();
    }),
    effect(() => { void theme.value; made.getLayers().setAt(1, graticule()); }),
    effect(() => startDrawing(made, drawing.value)),
  ];
  const fonts = document.fonts?.ready.then(() => { styles = new Map(); base.changed(); for (const l of layers) l.changed(); });
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
