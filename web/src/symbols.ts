// How things look on the map. A shape, a pattern or a word says what a colour says.
import type { FeatureLike } from "ol/Feature.js";
import { Fill, Icon, Stroke, Style, Text } from "ol/style.js";
import { color } from "./look.ts";
import { selected } from "./store.ts";
import type { TrackView } from "./types.ts";

const font = (size: number, weight = 400) => `${weight} ${size}px "Noto Sans", sans-serif`;

// forget drops what was made for a look that is no more.
export function forget(): void {
  styles = new Map();
  icons.clear();
}

let styles = new Map<string, Style | Style[]>();

// cached makes a style once for each look; hundreds of tracks share a few dozen.
function cached<T extends Style | Style[]>(key: string, make: () => T): T {
  let s = styles.get(key);
  if (!s) styles.set(key, (s = make()));
  return s as T;
}

const label = (text: string, ink: string, size: number, more: object = {}, weight = 400) =>
  new Text({ text, font: font(size, weight), fill: new Fill({ color: ink }), stroke: new Stroke({ color: color("sea"), width: 3 }), ...more });

export function baseStyle(f: FeatureLike): Style | undefined {
  const layer = f.get("layer") as string;
  if (layer === "land") return cached("land", () => new Style({ fill: new Fill({ color: color("land") }), stroke: new Stroke({ color: color("coast"), width: 1 }) }));
  if (layer === "border") return cached("border", () => new Style({ stroke: new Stroke({ color: color("border-line"), width: 1 }) }));
  return cached("disputed", () => new Style({ stroke: new Stroke({ color: color("border-line"), width: 1.25, lineDash: [5, 5] }) }));
}

// named reports whether a name of the base map is shown at this resolution.
export function named(f: FeatureLike, resolution: number): boolean {
  return Number(f.get("rank") ?? 9) <= (resolution > 1500 ? 0 : resolution > 700 ? 1 : resolution > 300 ? 2 : 9);
}

// A name that a label of ours stands on is left out; the place's dot stays.
export function nameStyle(f: FeatureLike, resolution: number): Style | undefined {
  if (!named(f, resolution)) return undefined;
  const name = String(f.get("name_en") ?? "");
  const kind = String(f.get("kind") ?? "");
  const hidden = !!f.get("hidden");
  if (kind === "sea" || kind === "water") return hidden ? undefined : cached(`sea ${name}`, () => new Style({ text: label(name, color("sea-name"), 13, { stroke: undefined }) }));
  if (kind === "country") return hidden ? undefined : cached(`country ${name}`, () => new Style({ text: label(name.toUpperCase(), color("country-name"), 12, { stroke: new Stroke({ color: color("land"), width: 2 }) }) }));
  const size = Number(f.get("rank")) === 0 ? 12 : 11;
  return cached(`place ${name} ${hidden}`, () =>
    new Style({
      image: dot(color("place")),
      ...(hidden ? {} : { text: label(name, color("place"), size, { offsetX: 6, textAlign: "left", stroke: new Stroke({ color: color("land"), width: 3 }) }) }),
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
const inks: Record<string, string> = { active: "hazard", upcoming: "soon", over: "past", room: "good", stop: "alarm", alternative: "accent", words: "ink-2" };
export const inkOf = (state: string) => inks[state] ?? "past"; // the words have it too, so that one sees whose they are
const dashes: Record<string, number[]> = { upcoming: [10, 5], over: [2, 6], room: [14, 4, 2, 4], alternative: [3, 5], words: [6, 4] };

export function volumeStyle(f: FeatureLike): Style[] {
  const state = f.get("state") as string;
  const own = f.get("own") as boolean;
  const marked = selected.value?.kind === "record" && selected.value.id === f.get("record");
  return cached(`volume ${state} ${own} ${marked}`, () => {
    const ink = color(inkOf(state));
    const dash = dashes[state];
    const width = state === "stop" ? 3 : 1.75;
    return [
      new Style({ fill: new Fill({ color: `${ink}${state === "over" || state === "alternative" ? "0a" : own ? "14" : "24"}` }), stroke: new Stroke({ color: `${color("sea")}cc`, width: marked ? 7 : width + 2.5 }) }),
      new Style({ stroke: new Stroke({ color: ink, width: marked ? width + 1.25 : width, ...(dash ? { lineDash: dash } : {}) }) }),
    ];
  });
}

// A label where the layout put it: its box's corner, from the anchor.
export const SIZE = { volume: 12, track: 11.5 };
export function labelStyle(f: FeatureLike): Style {
  const text = f.get("text") as string;
  const ink = f.get("ink") as string;
  const weight = f.get("weight") as number;
  const size = f.get("size") as number;
  const [dx, dy] = f.get("offset") as [number, number];
  return cached(`label ${text} ${ink} ${dx} ${dy}`, () => new Style({
    text: label(text, color(ink), size, { offsetX: dx + 5, offsetY: dy + 3, textAlign: "left", justify: "left", textBaseline: "top", overflow: true, stroke: undefined, backgroundFill: new Fill({ color: color("plate") }), padding: [2, 5, 1, 5] }, weight),
  }));
}

const pen = document.createElement("canvas").getContext("2d");
export function sizeOf(text: string, size: number, weight: number): { w: number; h: number } {
  if (!pen) return { w: text.length * size * 0.6, h: size * 1.4 };
  pen.font = font(size, weight);
  const lines = text.split("\n");
  return { w: Math.ceil(Math.max(...lines.map((l) => pen.measureText(l).width))) + 10, h: Math.ceil(lines.length * size * 1.37) + 5 };
}

export function planStyle(f: FeatureLike): Style[] {
  if (f.get("line")) {
    return cached("plan line", () => [new Style({ stroke: new Stroke({ color: color("own"), width: 1.5, lineDash: [2, 5] }) })]);
  }
  return cached("plan", () => [new Style({ fill: new Fill({ color: `${color("own")}12` }), stroke: new Stroke({ color: `${color("own")}b0`, width: 1.25, lineDash: [8, 6] }) })]);
}

const shapes: Record<string, string> = {
  own: '<path d="M0-13 9 11 0 6-9 11Z" fill="INK" stroke="SEA" stroke-width="1.5"/>',
  protected: '<circle r="9" fill="INK" stroke="SEA" stroke-width="1.5"/><path d="M0-15V-9" stroke="INK" stroke-width="3"/><path d="M0-5V5M-5 0H5" stroke="SEA" stroke-width="2.5"/>',
  civil: '<path d="M0-14C2-14 3-11 3-8V-3L13 4V7L3 4V10L6 13V14L0 12-6 14V13L-3 10V4L-13 7V4L-3-3V-8C-3-11-2-14 0-14Z" fill="INK"/>',
  other: '<path d="M0-13 9 0 0 11-9 0Z" fill="none" stroke="INK" stroke-width="2.5"/><path d="M0-13V-16" stroke="INK" stroke-width="2"/>',
};

export function trackStyle(f: FeatureLike): Style {
  const v = f.get("track") as TrackView;
  if (f.get("ahead")) {
    const own = v.standing === "own";
    return cached(`ahead ${own}`, () => new Style({ stroke: new Stroke({ color: color(own ? "own" : "ink-2"), width: 1.5, lineDash: [1, 4], lineCap: "round" }) }));
  }
  const ink = color(v.state === "lost" ? "past" : v.standing === "own" ? "own" : v.standing === "protected" ? "good" : v.standing === "civil" ? "civil" : "ink-2");
  const turn = Math.round(v.track_deg / 3) * 3;
  return cached(`track ${v.standing} ${v.state} ${turn}`, () => {
    const image = cachedIcon(`${v.standing} ${v.state} ${ink}`, () => trackIcon(v.standing, v.state, ink)).clone();
    image.setRotation((turn * Math.PI) / 180);
    return new Style({ image });
  });
}

function trackIcon(standing: string, state: string, ink: string): Icon {
  let body = (shapes[standing] ?? shapes["other"]!).replaceAll("INK", ink).replaceAll("SEA", color("sea"));
  if (state !== "fresh") body = `<g opacity="${state === "lost" ? ".55" : ".85"}">${body}</g><circle r="14.5" fill="none" stroke="${color("warn")}" stroke-width="1.75" stroke-dasharray="${state === "late" ? "5 3.5" : "1.5 4.5"}"/>`;
  if (state === "lost") body += `<path d="M-10-10 10 10M10-10-10 10" stroke="${color("warn")}" stroke-width="2"/>`;
  return new Icon({ src: svg(body, standing === "own" ? 30 : 26), rotateWithView: true });
}

export function alertStyle(): Style {
  return cached("alert", () => new Style({ image: new Icon({ src: svg(`<circle r="12" fill="none" stroke="${color("alarm")}" stroke-width="2.5"/><circle r="15" fill="none" stroke="${color("alarm")}" stroke-width="1" stroke-dasharray="3 3"/><path d="M0-7V2M0 5V7.5" stroke="${color("alarm")}" stroke-width="3"/>`, 34) }) }));
}

export const sketchStyle = () => cached("sketch", () => new Style({ fill: new Fill({ color: `${color("accent")}22` }), stroke: new Stroke({ color: color("accent"), width: 2.5, lineDash: [4, 4] }) }));
