// The alarm's sound, made by the browser itself. A browser lets a page sound
// only after a person has acted on it: sign-on arms it, the test tone proves it.
import { effect, signal } from "@preact/signals";
import { calling, officer, stream } from "./store.ts";

export const armed = signal(false);
export const silentUntil = signal(0); // performance.now(); never more than 30 s ahead
export const MAX_SILENCE_MS = 30_000;

let audio: AudioContext | null = null;

export async function arm(): Promise<void> {
  try {
    audio ??= new AudioContext();
    await audio.resume();
    armed.value = audio.state === "running";
  } catch {
    armed.value = false;
  }
}

function tone(at: number, hz: number, long: number): void {
  if (!audio) return;
  const o = audio.createOscillator();
  const g = audio.createGain();
  o.type = "triangle";
  o.frequency.value = hz;
  g.gain.setValueAtTime(0, at);
  g.gain.linearRampToValueAtTime(0.35, at + 0.02);
  g.gain.setValueAtTime(0.35, at + long - 0.05);
  g.gain.linearRampToValueAtTime(0, at + long);
  o.connect(g).connect(audio.destination);
  o.start(at);
  o.stop(at + long);
}

export function sound(): void {
  if (!audio) return;
  const t0 = audio.currentTime + 0.02;
  [880, 660, 880, 660].forEach((hz, i) => tone(t0 + i * 0.22, hz, 0.2));
}

export async function testTone(): Promise<void> {
  await arm();
  if (audio) [660, 880].forEach((hz, i) => tone(audio!.currentTime + 0.02 + i * 0.25, hz, 0.22));
}

export function silence(): void {
  silentUntil.value = performance.now() + MAX_SILENCE_MS;
}

// A session can begin with an officer already in it; then the first touch of the
// page arms the alarm.
function armOnTouch(): void {
  const touch = () => {
    if (!officer.value) return;
    removeEventListener("pointerdown", touch);
    removeEventListener("keydown", touch);
    if (!armed.value) void arm();
  };
  addEventListener("pointerdown", touch);
  addEventListener("keydown", touch);
}

export function startAlarm(): void {
  armOnTouch();
  effect(() => {
    if (stream.value === "lost" && armed.peek()) sound(); // silence must not look like peace
  });
  let known = new Set<string>();
  effect(() => {
    const ids = new Set(calling.value.map((a) => a.id));
    for (const id of ids) if (!known.has(id)) silentUntil.value = 0; // a new alert is always heard
    known = ids;
  });
  setInterval(() => {
    if (armed.value && calling.value.length && performance.now() >= silentUntil.value) sound();
  }, 3_000);
}
