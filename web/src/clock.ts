// The node's time, never the browser's: what the node said last, moved on by
// this page's monotonic clock at the node's rate.
import { computed, signal } from "@preact/signals";

let base = 0;
let mark = 0;
let rate = 1;

// now ticks four times a second, in ms since 1970 by the node's clock; 0 before
// the node has said anything.
export const now = signal(0);

// past is the instant that an officer looks back to; 0: now. What is shown is
// measured at viewed; what is said and what alarms is measured at now.
export const past = signal(0);
export const viewed = computed(() => past.value || now.value);
export const second = computed(() => Math.floor(viewed.value / 1000));

export function setClock(nodeNow: string, nodeRate: number): void {
  const at = Date.parse(nodeNow);
  if (Number.isNaN(at)) return;
  base = at;
  mark = performance.now();
  rate = nodeRate;
  now.value = at;
}

export function startClock(): void {
  setInterval(() => {
    if (base) now.value = base + (performance.now() - mark) * rate;
  }, 250);
}

export const ms = (time: string | undefined): number => (time ? Date.parse(time) : 0);

const pad = (n: number) => String(n).padStart(2, "0");

// "18:39:00Z", with milliseconds where the record has them and they are asked for.
export function clockText(at: number, withMs = false): string {
  if (!at) return "";
  const d = new Date(at);
  const s = `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`;
  const f = d.getUTCMilliseconds();
  return withMs && f ? `${s}.${String(f).padStart(3, "0")}Z` : `${s}Z`;
}

// "18:40Z", with seconds only where they are not zero.
export function shortClock(at: number): string {
  const full = clockText(at);
  return full.endsWith(":00Z") ? `${full.slice(0, 5)}Z` : full;
}

export function dayText(at: number): string {
  return at ? new Date(at).toISOString().slice(0, 10) : "";
}

// "0:48", "12:05", "1:02:05"; always positive.
export function spanText(span: number): string {
  const s = Math.floor(Math.abs(span) / 1000);
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  return h ? `${h}:${pad(m)}:${pad(s % 60)}` : `${m}:${pad(s % 60)}`;
}
