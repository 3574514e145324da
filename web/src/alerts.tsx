// The alerts, most urgent first: how long is left, why, and whom it calls now.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { armed, silence, silentUntil, testTone } from "./alarm.ts";
import { ms, now, past, spanText, clockText, viewed } from "./clock.ts";
import { t, word } from "./i18n.ts";
import { dialog, Empty, PrecedenceChip } from "./parts.tsx";
import { RelayDialog, SignOn } from "./dialogs.tsx";
import { act, byDeadline, calling, itemById, lineName, officer, openAlerts, picture, selected, status } from "./store.ts";
import { show } from "./chart.ts";
import { shortId } from "./say.ts";
import type { Alert } from "./types.ts";

const desks = ["duty", "deputy", "every-desk"] as const;

// Whom it calls: each stage adds to the one before, and none is taken back.
function Calls(p: { of: string }): JSX.Element {
  const at = desks.indexOf(p.of as never);
  return (
    <ol class="calls" aria-label={t("alert.calls", { who: word("calls", p.of) })}>
      {desks.map((d, i) => <li key={d} class={i === at ? "now" : i < at ? "called" : ""} aria-current={i === at ? "step" : undefined}>{i <= at ? <span aria-hidden="true">● </span> : null}{word("calls", d)}</li>)}
    </ol>
  );
}

function needOfficer(then: () => void): void {
  if (officer.value) then();
  else dialog.value = () => <SignOn then={then} />;
}

function Details(p: { a: Alert }): JSX.Element {
  const a = p.a;
  return (
    <dl class="details" id={`why-${a.id}`}>
      <dt>{t("alert.rule")}</dt><dd>{word("rule", a.alert.rule)}</dd>
      {a.alert.from ? <><dt>{t("alert.window")}</dt><dd class="num">{clockText(ms(a.alert.from))} – {clockText(ms(a.alert.to))}</dd></> : null}
      {a.alert.track ? <><dt>{t("alert.track")}</dt><dd>{a.alert.track}</dd></> : null}
      <dt>{t("alert.raised")}</dt><dd class="num">{clockText(ms(a.composed), true)} · {shortId(a.id)}</dd>
      <dt>{t("alert.deadline")}</dt><dd class="num">{clockText(ms(a.alert.deadline), true)}</dd>
      {(a.about ?? []).map((id) => {
        const i = itemById(id);
        return [<dt key={`t${id}`}>{t("alert.about")}</dt>, <dd key={id}><button type="button" class="link" onClick={() => { if (i) lineName.value = i.line_name; selected.value = { kind: "record", id }; }}>{id}</button>{i ? <span class="quote" dir="auto">{i.words}</span> : null}</dd>];
      })}
    </dl>
  );
}

// The most urgent card shows its whole reason; the others their first lines, so
// that one sees how many there are. "Details" shows all of it, and where it comes from.
function Card(p: { a: Alert; first: boolean }): JSX.Element {
  const a = p.a;
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const left = ms(a.alert.deadline) - viewed.value;
  const late = left < 0;
  const calls = !!a.calls;
  const others = status.value?.lines?.some((l) => !l.home && !l.closed);
  const acknowledge = () => needOfficer(async () => {
    setBusy(true);
    await act("/v1/alerts/acknowledge", { id: a.id }, t("alert.done"));
    setBusy(false);
  });
  return (
    <li class={`alert-card ${calls ? (late ? "late" : "calling") : "quietened"}`} data-testid="alert" data-alert={a.id} data-state={calls ? "calls" : "acknowledged"}>
      <div class="alert-head">
        {calls
          ? <span class="countdown num">{t(late ? "alert.overdue" : "alert.left", { span: spanText(left) })}</span>
          : <span class="ok-mark"><span aria-hidden="true">✓</span> {t("alert.acknowledged")}</span>}
        <PrecedenceChip of={a.precedence} />
      </div>
      <p class={`why ${open || p.first ? "" : "short"}`} dir="auto" title={open || p.first ? undefined : a.alert.why}>{a.alert.why}</p>
      {calls ? <Calls of={a.calls} /> : <p class="faint num">{t("alert.by", { who: a.acknowledged_by ?? "", at: clockText(ms(a.acknowledged_at), true) })}</p>}
      <div class="row">
        {calls ? <button type="button" class="primary" disabled={busy || !!past.value} data-testid="acknowledge" onClick={acknowledge}>{t("alert.acknowledge")}</button> : null}
        {others ? <button type="button" data-testid="relay" disabled={!!past.value} onClick={() => needOfficer(() => (dialog.value = () => <RelayDialog from={a.id} about={a.about ?? []} />))}>{t("relay.open")}</button> : null}
        {a.alert.at ? <button type="button" class="quiet icon" aria-label={t("alert.show")} title={t("alert.show")} onClick={() => show(a.alert.at!)}><svg viewBox="-10 -10 20 20" width="17" height="17" fill="none" stroke="currentColor" stroke-width="1.6" aria-hidden="true"><circle r="5.5" /><path d="M0-9.5V-3M0 3V9.5M-9.5 0H-3M3 0H9.5" /></svg></button> : null}
        <button type="button" class="quiet end" aria-expanded={open} aria-controls={open ? `why-${a.id}` : undefined} onClick={() => setOpen(!open)}><span aria-hidden="true">{open ? "▴ " : "▾ "}</span><span class="narrow-hidden">{t(open ? "alert.less" : "alert.more")}</span></button>
      </div>
      {open ? <Details a={a} /> : null}
    </li>
  );
}

export function Alerts(): JSX.Element {
  const all = [...openAlerts.value].sort(byDeadline);
  const n = calling.value.length;
  const ended = (picture.value?.alerts ?? []).filter((a) => a.ended_at).length;
  void now.value;
  const quiet = performance.now() < silentUntil.value;
  return (
    <section class="panel alerts" aria-labelledby="alerts-title">
      <header class="panel-head">
        <h2 id="alerts-title" tabIndex={-1}>{t("alerts.title")} <span class={`count ${n ? "bad" : ""}`} data-testid="alert-count" title={t("alerts.live", { n })}>{n}</span></h2>
        {n && armed.value ? <button type="button" class="quiet" disabled={quiet} onClick={silence}>{quiet ? t("alarm.silent", { s: Math.ceil((silentUntil.value - performance.now()) / 1000) }) : t("alarm.silence")}</button> : null}
        {n && !armed.value ? <button type="button" class="quiet warn" title={t("alarm.unarmed")} onClick={() => void testTone()}>{t("alarm.off")}</button> : null}
      </header>
      <div class="visually-hidden" role="status" aria-live="assertive">{n ? t("alerts.live", { n }) : ""}</div>
      <div class="scroll">
        {all.length ? <ul class="cards">{all.map((a, i) => <Card key={a.id} a={a} first={i === 0} />)}</ul> : <Empty title={t("alerts.none")}>{t("alerts.none.more")}</Empty>}
        {ended ? <p class="faint ended">{t("alerts.ended", { n: ended })}</p> : null}
      </div>
    </section>
  );
}
