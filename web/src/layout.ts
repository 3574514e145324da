// Lays the labels of areas and tracks out on the map as it stands.
import Feature from "ol/Feature.js";
import type OLMap from "ol/Map.js";
import type LineString from "ol/geom/LineString.js";
import OLPoint from "ol/geom/Point.js";
import type VectorSource from "ol/source/Vector.js";
import type { Coordinate } from "ol/coordinate.js";
import { around, beside, meets, place, type Box, type Wanted } from "./labels.ts";
import { inkOf, named, SIZE, sizeOf } from "./symbols.ts";
import type { TrackView } from "./types.ts";

interface Sources { plans: VectorSource; volumes: VectorSource; tracks: VectorSource; alerts: VectorSource; names: VectorSource; labels: VectorSource }

const MANY = 60; // with more tracks, far away only our own have words

// layOut fills sources.labels, and hides names of the base map below them.
export function layOut(map: OLMap, sources: Sources, marked: (f: Feature) => boolean): void {
  const view = map.getView();
  const center = view.getCenter();
  const r = view.getResolution();
  const size = map.getSize();
  if (!center || !r || !size) return;
  const [wide, high] = size as [number, number];
  const px = (c: Coordinate): [number, number] => [(c[0]! - center[0]!) / r + wide / 2, (center[1]! - c[1]!) / r + high / 2];
  const room: Box = { x: 4, y: 4, w: wide - 8, h: high - 22 };
  const taken = controls(map.getTargetElement());
  const labels: { f: Feature; want: Wanted }[] = [];
  const add = (at: Coordinate, text: string, ink: string, points: number, weight: number, must: boolean, places: (w: number, h: number) => [number, number][]) => {
    const { w, h } = sizeOf(text, points, weight);
    labels.push({ f: new Feature({ geometry: new OLPoint(at), text, ink, size: points, weight }), want: { at: px(at), w, h, places: places(w, h), must } });
  };
  const symbols = sources.tracks.getFeatures().filter((f) => !f.get("ahead"));
  for (const f of [...symbols, ...sources.alerts.getFeatures()]) taken.push(square(px((f.getGeometry() as OLPoint).getCoordinates()), f.get("track") ? 13 : 17));
  const few = symbols.length < MANY || r < 400;
  const byNeed = (a: Feature, b: Feature) => Number(marked(b)) - Number(marked(a)) || Number((b.get("track") as TrackView).standing === "own") - Number((a.get("track") as TrackView).standing === "own");
  for (const f of symbols.sort(byNeed)) {
    const v = f.get("track") as TrackView;
    const own = v.standing === "own";
    if (few || own || marked(f)) add((f.getGeometry() as OLPoint).getCoordinates(), f.get("text") as string, v.state === "fresh" ? "ink" : "warn", SIZE.track, own ? 600 : 400, symbols.length < MANY || own || marked(f), (w, h) => beside(16, w, h));
  }
  for (const f of sources.volumes.getFeatures().reverse()) {
    const e = f.getGeometry()!.getExtent() as [number, number, number, number];
    if (outside(px([e[0], e[3]]), px([e[2], e[1]]), room)) continue;
    // Of an area that is partly out of sight, the part in sight has the words.
    const [x, y] = [(wide / 2) * r, (high / 2) * r];
    const [west, south, east, north] = [Math.max(e[0], center[0]! - x), Math.max(e[1], center[1]! - y), Math.min(e[2], center[0]! + x), Math.min(e[3], center[1]! + y)];
    add([(west + east) / 2, north], f.get("text") as string, inkOf(f.get("state") as string), SIZE.volume, 600, f.get("state") !== "over", (w, h) => around({ w: (east - west) / r, h: (north - south) / r }, w, h));
  }
  for (const f of sources.plans.getFeatures()) {
    const text = f.get("text") as string | undefined;
    if (text) add((f.getGeometry() as LineString).getCoordinateAt(0.5), text, "own", SIZE.volume, 600, true, (w, h) => beside(9, w, h));
  }
  const at = place(labels.map((l) => l.want), taken, room);
  const put: Feature[] = [];
  at.forEach((i, k) => {
    const { f, want } = labels[k]!;
    const offset = want.places[i];
    if (!offset) return;
    f.set("offset", offset.map(Math.round));
    put.push(f);
    taken.push({ x: want.at[0] + offset[0], y: want.at[1] + offset[1], w: want.w, h: want.h });
  });
  sources.labels.clear(true);
  sources.labels.addFeatures(put);
  // Then the names: places before countries and seas, so that those give way.
  const names = sources.names.getFeatures().filter((f) => named(f, r)).sort((a, b) => Number(broad(a)) - Number(broad(b)) || Number(a.get("rank") ?? 9) - Number(b.get("rank") ?? 9));
  for (const f of names) {
    const b = nameBox(f, px);
    if (outside([b.x, b.y], [b.x + b.w, b.y + b.h], room)) continue;
    const hidden = taken.some((o) => meets(o, b));
    f.set("hidden", hidden, true);
    if (!hidden) taken.push(b);
  }
  sources.names.changed();
}

const square = (at: [number, number], half: number): Box => ({ x: at[0] - half, y: at[1] - half, w: 2 * half, h: 2 * half });
const outside = (a: [number, number], b: [number, number], room: Box) => b[0] < room.x || b[1] < room.y || a[0] > room.x + room.w || a[1] > room.y + room.h;

const broad = (f: Feature) => ["sea", "water", "country"].includes(String(f.get("kind")));

function nameBox(f: Feature, px: (c: Coordinate) => [number, number]): Box {
  const at = px((f.getGeometry() as OLPoint).getCoordinates());
  const { w, h } = sizeOf(String(f.get("name_en") ?? ""), 12, 400);
  return broad(f) ? { x: at[0] - w / 2, y: at[1] - h / 2, w, h } : { x: at[0] + 2, y: at[1] - h / 2, w, h };
}

// What lies over the map: its buttons, and the card of the chosen track.
function controls(map: HTMLElement | null | undefined): Box[] {
  const m = map?.getBoundingClientRect();
  if (!map || !m) return [];
  return [...(map.parentElement?.querySelectorAll(".map-tools, .track-card") ?? [])].map((e) => {
    const b = e.getBoundingClientRect();
    return { x: b.x - m.x - 4, y: b.y - m.y - 4, w: b.width + 8, h: b.height + 8 };
  });
}
