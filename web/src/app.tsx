// The whole page, and the keys that work everywhere on it.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Alerts } from "./alerts.tsx";
import { silence } from "./alarm.ts";
import { clockText, now, past, spanText } from "./clock.ts";
import { composing } from "./compose.tsx";
import { ConversationPanel } from "./conversation.tsx";
import { SignOn, Stop } from "./dialogs.tsx";
import { drawing } from "./chart.ts";
import { t, type Key } from "./i18n.ts";
import { MapView } from "./mapview.tsx";
import { Dialog, dialog } from "./parts.tsx";
import { Past } from "./past.tsx";
import { WatchDialog } from "./watch.tsx";
import { locked, lookBack, lostSince, notes, officer, picture, stream, waiting } from "./store.ts";
import { TopBar } from "./topbar.tsx";

function compose(what: "say" | "notice"): void {
  if (past.value) return;
  if (officer.value) composing.value = what;
  else dialog.value = () => <SignOn then={() => (composing.value = what)} />;
}

const keys: [string, Key, () => void][] = [
  ["A", "keys.alerts", () => (document.querySelector<HTMLElement>('[data-testid="acknowledge"]') ?? document.getElementById("alerts-title"))?.focus()],
  ["M", "keys.map", () => document.querySelector<HTMLElement>(".map")?.focus()],
  ["C", "keys.conversation", () => document.getElementById("conversation")?.focus()],
  ["N", "keys.notice", () => compose("notice")],
  ["Y", "keys.say", () => compose("say")],
  ["R", "keys.relay", () => document.querySelector<HTMLElement>('[data-testid="relay"]:not(:disabled)')?.click()],
  ["W", "keys.watch", () => !past.value && (dialog.value = () => (officer.value ? <WatchDialog /> : <SignOn />))],
  ["T", "keys.past", () => (past.value ? document.querySelector<HTMLElement>('[data-testid="past-slider"]')?.focus() : composing.value || lookBack(now.value))],
  ["S", "keys.silence", silence],
  ["Shift+X", "keys.stop", () => (dialog.value = () => <Stop />)],
  ["?", "keys.help", () => (dialog.value = () => <Keys />)],
];

function Keys(): JSX.Element {
  return <Dialog title={t("keys.title")}><dl class="details keys">{keys.map(([k, what]) => [<dt key={k}><kbd>{k}</kbd></dt>, <dd key={`${k}d`}>{t(what)}</dd>])}<dt><kbd>Esc</kbd></dt><dd>{t("keys.escape")}</dd></dl></Dialog>;
}

function onKey(e: KeyboardEvent): void {
  if (e.ctrlKey || e.altKey || e.metaKey) return;
  if (e.key === "Escape" && !dialog.value) {
    if (drawing.value) drawing.value = null;
    else if (past.value) lookBack(0);
    return;
  }
  const at = e.target as HTMLElement;
  if (dialog.value || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
  const k = keys.find(([name]) => (name === "Shift+X" ? e.shiftKey && e.key === "X" : name === "?" ? e.key === "?" : !e.shiftKey && e.key.toUpperCase() === name));
  if (!k) return;
  e.preventDefault();
  k[2]();
}

function Locked(): JSX.Element {
  return <main class="locked"><h1>{t("app")}</h1><p><strong>{t("locked.title")}</strong></p><p>{t("locked.why")}</p><p><code>parley console</code></p></main>;
}

export function App(): JSX.Element {
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  if (locked.value) return <Locked />;
  return (
    <>
      <a class="skip" href="#alerts-title">{t("skip")}</a>
      <TopBar />
      {stream.value === "lost" ? <div class="lost-banner" role="alert" data-testid="lost"><strong>{t("lost.title")}</strong> {t("lost.why", { at: clockText(lostSince.value), span: spanText(now.value - lostSince.value) })}</div> : null}
      <Past />
      <main class={`desk ${stream.value === "lost" || waiting.value ? "stale" : ""} ${past.value ? "looking-back" : ""}`}>
        {picture.value ? <Alerts /> : <section class="panel alerts loading" aria-busy="true"><p class="empty">{t("loading")}</p></section>}
        <MapView />
        {picture.value ? <ConversationPanel /> : <section class="panel conversation loading" aria-busy="true"><p class="empty">{t("loading")}</p></section>}
      </main>
      <footer class="statusbar">
        <span class={`stream ${stream.value}`}><span aria-hidden="true">{stream.value === "live" ? "●" : stream.value === "lost" ? "✕" : "○"}</span> {t(`stream.${stream.value}`)}</span>
        <span>{t("footer.nopermission")}</span>
        {past.value ? null : <button type="button" class="quiet" data-testid="past-open" disabled={!!composing.value} onClick={() => lookBack(now.value)}><kbd>T</kbd> {t("past.open")}</button>}
        <button type="button" class="quiet" onClick={() => (dialog.value = () => <Keys />)}><kbd>?</kbd> {t("keys.title")}</button>
      </footer>
      <div class="notes" role="status" aria-live="polite">{notes.value.map((n) => <p key={n.id} class={n.bad ? "note bad" : "note"} dir="auto"><span aria-hidden="true">{n.bad ? "✕" : "✓"}</span> {n.text}</p>)}</div>
      {dialog.value ? dialog.value() : null}
    </>
  );
}
