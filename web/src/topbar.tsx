// The bar across the top: whose seat, what time, which lines, who is on watch.
import type { JSX } from "preact";
import { arm, armed, testTone } from "./alarm.ts";
import { clockText, dayText, ms, now, past, spanText } from "./clock.ts";
import { t } from "./i18n.ts";
import { theme } from "./look.ts";
import { dialog } from "./parts.tsx";
import { SignOn, Stop } from "./dialogs.tsx";
import { WatchDialog } from "./watch.tsx";
import { exercise, lineName, officer, status } from "./store.ts";
import type { FeedStatus, LineStatus, PeerStatus } from "./types.ts";

function Clock(): JSX.Element {
  const s = status.value;
  return (
    <div class="clock" role="timer" aria-label={t("clock.label")}>
      <time class="num">{clockText(now.value) || "--:--:--"}</time>
      <span class="day num">{dayText(now.value)} UTC{s?.clock === "scaled" ? ` · ×${s.rate}` : s?.clock === "stepped" ? ` · ${t("clock.stepped")}` : ""}</span>
    </div>
  );
}

function Peer(p: { line: LineStatus; peer: PeerStatus }): JSX.Element {
  const { line, peer } = p;
  const up = peer.state === "up";
  const skewed = Math.abs(peer.skew_ms ?? 0) > 1000;
  const words = line.closed ? t("link.closed") : up ? t("link.up") : t("link.down");
  const figures = line.closed ? [] : up ? [t("link.rtt", { ms: Math.round(peer.rtt_ms ?? 0) }), t("link.skew", { ms: `${(peer.skew_ms ?? 0) >= 0 ? "+" : "−"}${Math.abs(Math.round(peer.skew_ms ?? 0))}` })] : peer.since ? [spanText(now.value - ms(peer.since))] : [];
  return (
    <button class={`line-chip ${up && !line.closed ? "up" : "down"}`} type="button" aria-pressed={lineName.value === line.name} onClick={() => (lineName.value = line.name)} title={peer.error || undefined}>
      <span class="line-state" aria-hidden="true">{line.closed ? "◼" : up ? "●" : "✕"}</span>
      <span class="line-name">{line.name}</span>
      <span class="line-words">
        <span>{peer.party} {words}</span>
        <span class={`num ${skewed ? "warn" : ""}`}>{figures.join(" · ") || "\u00a0"}</span>
      </span>
    </button>
  );
}

function Officer(): JSX.Element {
  const who = status.value?.officers?.find((o) => o.id === officer.value);
  const names = (status.value?.officers ?? []).filter((o) => o.on_watch).map((o) => o.name).join(", "); // now, also in a look back
  return (
    <div class="officer">
      <div class="officer-words">
        {officer.value ? <strong>{who?.name ?? officer.value}</strong> : <strong class="warn">{t("officer.none")}</strong>}
        <span>{names ? t("officer.watch", { names }) : t("officer.nowatch")}</span>
      </div>
      {officer.value
        ? <button type="button" data-testid="watch" disabled={!!past.value} onClick={() => (dialog.value = () => <WatchDialog />)}>{t("officer.menu")}</button>
        : <button type="button" class="primary" data-testid="sign-on" onClick={() => (dialog.value = () => <SignOn />)}>{t("signon.open")}</button>}
    </div>
  );
}

/** A feed that is down: the map keeps the last tracks, so it must be said. */
function FeedDown(p: { feed: FeedStatus }): JSX.Element {
  const { feed } = p;
  return (
    <span class="line-chip down" data-testid="feed-down" title={feed.last_error || undefined}>
      <span class="line-state" aria-hidden="true">✕</span>
      <span class="line-words">
        <span>{t("feed.down", { name: feed.name })}</span>
        <span class="num">{feed.since ? spanText(now.value - ms(feed.since)) : "\u00a0"}</span>
      </span>
    </span>
  );
}

export function TopBar(): JSX.Element {
  const s = status.value;
  const peers = (s?.lines ?? []).filter((l) => !l.home).flatMap((l) => (l.peers ?? []).map((peer) => ({ line: l, peer })));
  return (
    <header class="topbar">
      <div class="whose">
        <h1><span class="visually-hidden">{t("app")} </span>{s?.party ?? "…"}</h1>
        <span class="whose-name" dir="auto">{s?.name ?? ""}</span>
      </div>
      <Clock />
      {exercise.value ? <span class="exercise" data-testid="exercise">{t("exercise")}</span> : null}
      {s?.unlogged ? <span class="exercise bad" role="alert">{t("unlogged")}</span> : null}
      <nav class="links" aria-label={t("links.label")}>
        {peers.length ? peers.map((x) => <Peer key={`${x.line.id}${x.peer.party}`} {...x} />) : s ? <span class="faint">{t("links.none")}</span> : null}
        {(s?.feeds ?? []).filter((f) => !f.connected).map((f) => <FeedDown key={f.name} feed={f} />)}
      </nav>
      <Officer />
      <div class="tools">
        <button type="button" class="quiet icon" aria-pressed={armed.value} aria-label={armed.value ? t("alarm.armed") : t("alarm.unarmed")} title={armed.value ? t("alarm.armed") : t("alarm.unarmed")} onClick={() => void (armed.value ? testTone() : arm().then(testTone))}>{armed.value ? "♪" : "♪̸"}</button>
        <button type="button" class="quiet icon" aria-label={theme.value === "dark" ? t("theme.light") : t("theme.dark")} title={theme.value === "dark" ? t("theme.light") : t("theme.dark")} onClick={() => (theme.value = theme.value === "dark" ? "light" : "dark")}>{theme.value === "dark" ? "☼" : "☾"}</button>
      </div>
      <button type="button" class="stop" data-testid="stop" onClick={() => (dialog.value = () => <Stop />)}>
        <span aria-hidden="true">⬣</span> {t("stop.button")}
      </button>
    </header>
  );
}
