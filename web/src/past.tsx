// The look back: the page as it was known at an instant, under a banner that
// nobody can overlook.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { clockText, ms, now, past } from "./clock.ts";
import { t } from "./i18n.ts";
import { value } from "./parts.tsx";
import { calling, lookBack, steps, waiting } from "./store.ts";

const text = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

// read takes "18:41", "18:41:00Z" of the day that is looked at, or a whole time.
export function read(s: string, day: number): number {
  const short = /^(\d\d):?(\d\d)(?::?(\d\d))?Z?$/i.exec(s.trim());
  const at = short ? Date.parse(`${new Date(day).toISOString().slice(0, 10)}T${short[1]}:${short[2]}:${short[3] ?? "00"}Z`) : ms(s.trim());
  return Number.isNaN(at) ? 0 : at;
}

export function Past(): JSX.Element | null {
  const at = past.value;
  const [typed, setTyped] = useState(text(at || 0));
  const [bad, setBad] = useState(false);
  useEffect(() => {
    setTyped(text(at || 0));
    setBad(false);
  }, [at]);
  if (!at) return null;
  const all = steps.value;
  const first = Math.min(all[0] ?? at, at);
  const before = all.filter((x) => x < at).pop();
  const after = all.find((x) => x > at);
  const n = calling.value.length;
  const go = (e: Event) => {
    const to = read(value(e), at);
    setBad(!to || to > now.value);
    if (to && to <= now.value) lookBack(to);
  };
  return (
    <section class="past" aria-labelledby="past-title" data-testid="past">
      <div class="past-words">
        <h2 id="past-title"><span role="status">{waiting.value ? t("loading") : t("past.title", { at: clockText(at) })}</span></h2>
        <p>{t("past.why")}{n ? <strong class="past-calls"> {t("past.calls", { n })}</strong> : null}</p>
      </div>
      <div class="past-tools">
        <button type="button" class="icon" disabled={before === undefined} aria-label={t("past.before")} title={t("past.before")} onClick={() => before !== undefined && lookBack(before)}><span class="flip" aria-hidden="true">◂</span></button>
        <input type="range" dir="ltr" aria-label={t("past.slider")} aria-valuetext={clockText(at)} min={Math.floor(first / 1000)} max={Math.floor(now.value / 1000)} step={1} value={Math.floor(at / 1000)} onInput={(e) => lookBack(Number(value(e)) * 1000)} data-testid="past-slider" />
        <button type="button" class="icon" disabled={after === undefined} aria-label={t("past.after")} title={t("past.after")} onClick={() => after !== undefined && lookBack(after)}><span class="flip" aria-hidden="true">▸</span></button>
        <input class="num past-time" dir="ltr" aria-label={t("past.time")} aria-invalid={bad} value={typed} onInput={(e) => setTyped(value(e))} onChange={go} data-testid="past-time" />
        <button type="button" class="primary" onClick={() => lookBack(0)} data-testid="past-end">{t("past.end")}</button>
      </div>
    </section>
  );
}
