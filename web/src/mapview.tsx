// The middle of the page: the map with its own small controls.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { cursor, drawing, fit, levelText, scale, show, startChart, zoom } from "./chart.ts";
import { clockText, ms, past } from "./clock.ts";
import { latLonText } from "./geo.ts";
import { t, word } from "./i18n.ts";
import { selected, tracks } from "./store.ts";

function TrackCard(): JSX.Element | null {
  const s = selected.value;
  const v = s?.kind === "track" && !past.value ? tracks.value.find((x) => x.id === s.id) : undefined;
  if (!v) return null;
  return (
    <aside class="track-card" aria-label={t("track.title", { name: v.callsign || v.id })}>
      <header><h3>{v.callsign || v.id}</h3><button type="button" class="quiet icon" aria-label={t("close")} onClick={() => (selected.value = null)}>✕</button></header>
      <dl class="details">
        <dt>{t("track.standing")}</dt><dd>{word("standing", v.standing)}{v.synthetic ? ` · ${t("track.synthetic")}` : ""}</dd>
        <dt>{t("track.state")}</dt><dd class={v.state === "fresh" ? "" : "warn"}>{word("trackstate", v.state)} · {t("track.age", { age: Math.round(v.age_seconds) })}</dd>
        <dt>{t("track.level")}</dt><dd class="num">{levelText(v)}{v.climb_fpm ? ` · ${t("track.climb", { fpm: Math.round(v.climb_fpm) })}` : ""}</dd>
        <dt>{t("track.way")}</dt><dd class="num">{String(Math.round(v.track_deg)).padStart(3, "0")}° · {Math.round(v.speed_kt)} kt</dd>
        <dt>{t("track.place")}</dt><dd class="num" dir="ltr">{latLonText(v.point)}</dd>
        <dt>{t("track.at")}</dt><dd class="num">{clockText(ms(v.at), true)}</dd>
        {v.source ? <><dt>{t("track.source")}</dt><dd>{v.source}</dd></> : null}
      </dl>
      <button type="button" class="quiet" onClick={() => show(v.point)}>{t("alert.show")}</button>
    </aside>
  );
}

export function MapView(): JSX.Element {
  const at = useRef<HTMLDivElement>(null);
  useEffect(() => (at.current ? startChart(at.current) : undefined), []);
  return (
    <section class="map-panel" aria-labelledby="map-title">
      <h2 id="map-title" class="visually-hidden">{t("map.title")}</h2>
      <div class="map-area">
        <div class={`map ${drawing.value ? "drawing" : ""}`} ref={at} dir="ltr" tabIndex={0} role="application" aria-label={t("map.label")} data-testid="map" />
        <div class="map-tools">
          <button type="button" class="icon" aria-label={t("map.in")} title={t("map.in")} onClick={() => zoom(1)}>+</button>
          <button type="button" class="icon" aria-label={t("map.out")} title={t("map.out")} onClick={() => zoom(-1)}>−</button>
          <button type="button" class="icon" aria-label={t("map.fit")} title={t("map.fit")} onClick={fit}>⤢</button>
        </div>
        <TrackCard />
      </div>
      <div class="legend" aria-hidden="true">
        <span><i class="sw active" />{t("window.active")}</span><span><i class="sw upcoming" />{t("window.upcoming")}</span><span><i class="sw over" />{t("window.over")}</span><span><i class="sw plan" />{t("map.plan")}</span><span><i class="sw room" />{t("map.room")}</span><span><i class="sw other" />{t("map.other")}</span><span><i class="sw stopped" />{t("map.stop")}</span>
      </div>
      <div class="map-foot">
        <span class="scale num"><i style={{ inlineSize: `${scale.value.px}px` }} />{t("map.scale", { nm: scale.value.nm, km: Math.round(scale.value.nm * 18.52) / 10 })}</span>
        <span class="num cursor" dir="ltr">{cursor.value ? latLonText(cursor.value) : ""}</span>
        <span class="faint credit">{t("map.credit")}</span>
      </div>
    </section>
  );
}
