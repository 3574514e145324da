// Where and when: a volume by drawing or by typing coordinates in any notation
// (the node reads them), a band with its datum, a window in UTC.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "./api.ts";
import { now } from "./clock.ts";
import { drawing, onDrawn, sketch } from "./chart.ts";
import { latLonText } from "./geo.ts";
import { t } from "./i18n.ts";
import { Field, value } from "./parts.tsx";
import { told } from "./store.ts";
import type { Place, Point, Volume } from "./types.ts";

export interface Area { points: Point[]; circle: { center: Point; radius_m: number } | null; lower: string; upper: string; from: string; to: string; text: string; problem: string }

const minute = (at: number) => `${new Date(Math.ceil(at / 60_000) * 60_000).toISOString().slice(0, 16)}Z`;
export const emptyArea = (ahead = 15 * 60_000): Area => ({ points: [], circle: null, lower: "SFC", upper: "FL300", from: minute(now.value + ahead), to: minute(now.value + 75 * 60_000), text: "", problem: "" });

// areaOf gives a volume to be edited; its corners stay exact until they are typed anew.
export function areaOf(v: Volume): Area {
  const at = (s: string) => s.replace(/(:00)?(\.000)?Z$/, (m) => (m.startsWith(":00") ? "Z" : m.replace(".000", "")));
  const points = v.area.polygon ?? [];
  const circle = v.area.circle ?? null;
  return { points, circle, lower: v.band.lower, upper: v.band.unlimited ? "UNL" : (v.band.upper ?? ""), from: at(v.window.from), to: at(v.window.to), text: circle ? latLonText(circle.center) : points.map(latLonText).join("\n"), problem: "" };
}

const full = (s: string) => (/^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(s) ? s.replace("Z", ":00Z") : s);

// volumes gives what has been made so far: one volume, or none.
export function volumes(a: Area): Volume[] {
  const area = a.circle ? { circle: a.circle } : a.points.length >= 3 ? { polygon: a.points } : null;
  if (!area) return [];
  const unlimited = a.upper.trim().toUpperCase() === "UNL";
  return [{ area, band: { lower: a.lower.trim(), ...(unlimited ? { unlimited } : { upper: a.upper.trim() }) }, window: { from: full(a.from.trim()), to: full(a.to.trim()) } }];
}

async function readPoints(text: string): Promise<{ points: Point[]; problem: string }> {
  const points: Point[] = [];
  for (const line of text.split(/\n/).map((x) => x.trim()).filter(Boolean)) {
    try {
      const found = await get<Place[]>(`/v1/places?q=${encodeURIComponent(line)}`);
      if (!found[0]) return { points, problem: t("area.unread", { line }) };
      points.push(found[0].point);
    } catch (e) {
      return { points, problem: `${line}: ${told(e)}` };
    }
  }
  return { points, problem: "" };
}

export function AreaEditor(p: { of: Area; on: (a: Area) => void; window?: boolean; draw?: boolean }): JSX.Element {
  const a = p.of;
  const [busy, setBusy] = useState(false);
  const set = (x: Partial<Area>) => p.on({ ...a, ...x });
  useEffect(() => {
    sketch.value = volumes(a);
    onDrawn((g) => {
      if (g.circle) set({ circle: g.circle, points: [], text: "", problem: "" });
      else if (g.polygon) set({ points: g.polygon, circle: null, text: g.polygon.map(latLonText).join("\n"), problem: "" });
    });
  });
  useEffect(() => () => {
    sketch.value = [];
    drawing.value = null;
  }, []);
  const read = async (text: string) => {
    setBusy(true);
    const got = await readPoints(text);
    setBusy(false);
    const one = got.points.length === 1 ? { circle: { center: got.points[0]!, radius_m: a.circle?.radius_m ?? 9260 }, points: [] } : { points: got.points, circle: null };
    p.on({ ...a, ...(text.trim() ? one : { points: [], circle: null }), text, problem: got.problem || (got.points.length === 2 ? t("area.two") : "") });
  };
  return (
    <div class="area">
      {p.draw === false ? null : (
        <div class="row">
          {(["polygon", "circle"] as const).map((k) => (
            <button key={k} type="button" aria-pressed={drawing.value === k} onClick={() => (drawing.value = drawing.value === k ? null : k)}>{t(`area.draw.${k}`)}</button>
          ))}
          {a.points.length || a.circle ? <button type="button" class="quiet" onClick={() => set({ points: [], circle: null, text: "", problem: "" })}>{t("area.clear")}</button> : null}
        </div>
      )}
      {drawing.value ? <p class="hint" role="status">{t(`area.hint.${drawing.value}`)}</p> : null}
      <Field label={t("area.coordinates")} hint={busy ? t("area.reading") : t("area.coordinates.hint")} wide>
        {(id) => <textarea id={id} rows={a.points.length > 3 ? 5 : 3} class="num" dir="ltr" spellcheck={false} value={a.text} placeholder={"35°31.2′N 035°46.8′E"} onChange={(e) => void read(value(e))} />}
      </Field>
      {a.problem ? <p class="problem" role="alert">{a.problem}</p> : null}
      {a.circle ? (
        <div class="grid2">
          <div class="field"><span class="label">{t("area.center")}</span><span class="num static" dir="ltr">{latLonText(a.circle.center)}</span></div>
          <Field label={t("area.radius")}>{(id) => <input id={id} class="num" type="number" min={1} step={50} value={a.circle!.radius_m} onChange={(e) => set({ circle: { ...a.circle!, radius_m: Math.max(1, Math.round(Number(value(e)))) } })} />}</Field>
        </div>
      ) : null}
      <div class="grid2">
        <Field label={t("area.lower")} hint={t("area.band.hint")}>{(id) => <input id={id} class="num" dir="ltr" value={a.lower} onInput={(e) => set({ lower: value(e) })} />}</Field>
        <Field label={t("area.upper")} hint={t("area.upper.hint")}>{(id) => <input id={id} class="num" dir="ltr" value={a.upper} onInput={(e) => set({ upper: value(e) })} />}</Field>
        <Field label={t("area.from")}>{(id) => <input id={id} class="num" dir="ltr" value={a.from} onInput={(e) => set({ from: value(e) })} />}</Field>
        <Field label={t("area.to")}>{(id) => <input id={id} class="num" dir="ltr" value={a.to} onInput={(e) => set({ to: value(e) })} />}</Field>
      </div>
    </div>
  );
}
