// Shapes on the sphere for drawing. The node decides; this only draws what it
// decided, with edges as shortest paths.
import type { Point } from "./types.ts";

export const EARTH_M = 6_371_008.8;
const rad = Math.PI / 180;

type V = [number, number, number];
const vec = (p: Point): V => [Math.cos(p.lat * rad) * Math.cos(p.lon * rad), Math.cos(p.lat * rad) * Math.sin(p.lon * rad), Math.sin(p.lat * rad)];
const point = (v: V): Point => ({ lat: Math.atan2(v[2], Math.hypot(v[0], v[1])) / rad, lon: Math.atan2(v[1], v[0]) / rad });

export function distanceM(a: Point, b: Point): number {
  const u = vec(a);
  const v = vec(b);
  const cross = Math.hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]);
  return EARTH_M * Math.atan2(cross, u[0] * v[0] + u[1] * v[1] + u[2] * v[2]);
}

// Points of the shortest path from a to b, at most about 20 km apart.
export function path(a: Point, b: Point): Point[] {
  const d = distanceM(a, b) / EARTH_M;
  const n = Math.max(1, Math.min(200, Math.ceil((d * EARTH_M) / 20_000)));
  if (n === 1 || d < 1e-9) return [a, b];
  const u = vec(a);
  const v = vec(b);
  const s = Math.sin(d);
  const out: Point[] = [];
  for (let i = 0; i <= n; i++) {
    const f = Math.sin((1 - i / n) * d) / s;
    const g = Math.sin((i / n) * d) / s;
    out.push(point([f * u[0] + g * v[0], f * u[1] + g * v[1], f * u[2] + g * v[2]]));
  }
  return out;
}

export function ring(ps: Point[]): Point[] {
  return ps.flatMap((p, i) => path(p, ps[(i + 1) % ps.length]!).slice(0, -1));
}

export function bearing(a: Point, b: Point): number {
  const dl = (b.lon - a.lon) * rad;
  const y = Math.sin(dl) * Math.cos(b.lat * rad);
  const x = Math.cos(a.lat * rad) * Math.sin(b.lat * rad) - Math.sin(a.lat * rad) * Math.cos(b.lat * rad) * Math.cos(dl);
  return Math.atan2(y, x) / rad;
}

export function away(p: Point, deg: number, m: number): Point {
  const d = m / EARTH_M;
  const la = p.lat * rad;
  const b = deg * rad;
  const lat = Math.asin(Math.sin(la) * Math.cos(d) + Math.cos(la) * Math.sin(d) * Math.cos(b));
  const lon = p.lon * rad + Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(la), Math.cos(d) - Math.sin(la) * Math.sin(lat));
  return { lat: lat / rad, lon: ((lon / rad + 540) % 360) - 180 };
}

export function circle(c: Point, m: number): Point[] {
  return Array.from({ length: 72 }, (_, i) => away(c, i * 5, m));
}

// The band on both sides of a leg, with round ends.
export function corridor(a: Point, b: Point, half: number): Point[] {
  if (distanceM(a, b) < 1) return circle(a, half); // waiting at one place
  const ps = path(a, b);
  const there = bearing(a, b);
  const back = bearing(b, a) + 180;
  const at = (i: number) => there + ((((back - there + 540) % 360) - 180) * i) / (ps.length - 1);
  const arc = (p: Point, from: number) => Array.from({ length: 13 }, (_, i) => away(p, from + i * 15, half));
  return [...ps.map((p, i) => away(p, at(i) + 90, half)).reverse(), ...arc(a, there + 90).slice(1, -1), ...ps.map((p, i) => away(p, at(i) - 90, half)), ...arc(b, back - 90).slice(1, -1)];
}

export function latLonText(p: Point): string {
  const part = (x: number, w: number, pos: string, neg: string) => {
    const m = Math.round(Math.abs(x) * 600) / 10;
    const d = Math.floor(m / 60);
    return `${String(d).padStart(w, "0")}°${(m - d * 60).toFixed(1).padStart(4, "0")}′${x < 0 ? neg : pos}`;
  };
  return `${part(p.lat, 2, "N", "S")} ${part(p.lon, 3, "E", "W")}`;
}
