// The conversation of one line: each record with its number and words, and for
// each recipient the ladder of signed states with both sides' times.
import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useEffect, useRef, useState } from "preact/hooks";
import { clockText, ms, now, second, shortClock, spanText } from "./clock.ts";
import { composing, NoticeForm, Say } from "./compose.tsx";
import { Answer, SignOn } from "./dialogs.tsx";
import { latLonText } from "./geo.ts";
import { t, word } from "./i18n.ts";
import { dialog, Empty, PrecedenceChip } from "./parts.tsx";
import { bandText, rungs, shortId, timeOf, whatOf, windowState } from "./say.ts";
import { act, lineName, officer, picture, selected, status } from "./store.ts";
import { show } from "./chart.ts";
import type { Item, Missing, Notice, Relay, Volume } from "./types.ts";

const machine = new Set(["received", "charter", "minute", "kept"]);
const PAGE = 80;

const needOfficer = (then: () => void) => (officer.value ? then() : (dialog.value = () => <SignOn then={then} />));

function Ladder(p: { item: Item; party: string; missing: Missing[] }): JSX.Element {
  const all = rungs(p.item, p.party, p.missing);
  return (
    <div class="ladder" role="group" aria-label={t("ladder.label", { party: p.party })}>
      <span class="party-chip">{p.party}</span>
      <ol>
        {all.map((r) => {
          const kind = r.done ? (r.done.state === "objection" ? "against" : "done") : r.due ? (r.due.overdue ? "overdue" : "due") : "open";
          const name = r.done ? word("state", r.done.state) : word("state", r.name);
          return (
            <li key={r.name} class={kind} data-rung={r.name} data-state={kind} title={r.done ? [name, r.done.officer, r.done.unit, r.done.text].filter(Boolean).join(" · ") : undefined}>
              <span class="mark" aria-hidden="true">{kind === "done" ? "✓" : kind === "against" ? "✕" : kind === "overdue" ? "!" : kind === "due" ? "◔" : "·"}</span>
              <span class="rung">{name}</span>
              {r.done ? <time class="num">{timeOf(r.done.at)}{r.done.officer ? <span class="by"> {r.done.officer}</span> : null}{r.done.unit ? <span class="by"> {r.done.unit}</span> : null}</time> : null}
              {r.due ? <span class="num duein">{r.due.overdue ? t("due.over", { span: spanText(now.peek() - r.due.at) }) : t("due.in", { span: spanText(r.due.at - now.peek()) })}</span> : null}
              {!r.done && !r.due ? <span class="visually-hidden">{t("due.none")}</span> : null}
            </li>
          );
        })}
      </ol>
    </div>
  );
}

function VolumeWords(p: { v: Volume }): JSX.Element {
  const v = p.v;
  const s = windowState(v);
  const first = v.area.circle?.center ?? v.area.polygon?.[0];
  return (
    <button type="button" class="volume-words" onClick={() => first && show(first)} title={(v.area.polygon ?? []).map(latLonText).join("\n")}>
      <span class={`window ${s}`}>{t(`window.${s}`)}</span>
      <span class="num">{shortClock(ms(v.window.from))}–{shortClock(ms(v.window.to))}</span>
      <span class="num">{bandText(v.band)}</span>
      <span>{v.area.circle ? t("volume.circle", { nm: Math.round(v.area.circle.radius_m / 185.2) / 10 }) : t("volume.polygon", { n: v.area.polygon?.length ?? 0 })}</span>
    </button>
  );
}

function NoticeWords(p: { n: Notice }): JSX.Element {
  const n = p.n;
  return (
    <>
      <p class="words" dir="auto"><strong>{whatOf(n)}</strong>{n.notice.place ? ` · ${n.notice.place}` : ""}</p>
      {n.notice.text ? <p class="words" dir="auto">{n.notice.text}</p> : null}
      {(n.volumes ?? []).map((v, i) => <VolumeWords key={i} v={v} />)}
      {n.volumes?.length ? null : <p class="flag">{t("notice.hasnovolume")}</p>}
      <p class="facts">
        {n.lead_seconds !== undefined ? <span>{n.lead_seconds >= 0 ? t("notice.lead", { span: spanText(n.lead_seconds * 1000) }) : t("notice.after", { span: spanText(n.lead_seconds * 1000) })}</span> : null}
        {n.late_seconds ? <span class="flag">{t("notice.islate", { span: spanText(n.late_seconds * 1000) })}</span> : null}
        {n.notice.late ? <span dir="auto">{t("notice.lateness", { why: n.notice.late })}</span> : null}
        {n.cancelled_by ? <span class="flag">{t("notice.cancelled", { by: shortId(n.cancelled_by) })}</span> : null}
        {n.corrected_by ? <span class="flag">{t("notice.corrected", { by: shortId(n.corrected_by) })}</span> : null}
      </p>
    </>
  );
}

interface RowProps { item: Item; notice: Notice | undefined; relay: Relay | undefined; self: string; home: boolean; marked: boolean; parties: string[]; beat: number }

function Row(p: RowProps): JSX.Element {
  const i = p.item;
  const ours = i.party === p.self;
  const minor = i.kind === "ack" || i.kind === "received" || i.kind === "opening" || i.kind === "minute" || i.kind === "charter";
  const missing = p.notice?.missing ?? p.relay?.missing ?? [];
  const to = p.parties.filter((x) => x !== i.party);
  const laddered = !p.home && (i.kind === "notice" || i.kind === "say" || i.kind === "relay" || i.kind === "close");
  const answerable = !ours && !p.home && (i.kind === "notice" || i.kind === "say" || i.kind === "relay");
  const mine = rungs(i, p.self, missing);
  const read = !!mine.find((r) => r.name === "read")?.done;
  const answer = (level: string) => needOfficer(() => (dialog.value = () => <Answer item={i} level={level} />));
  return (
    <li class={`item ${ours ? "ours" : "theirs"} ${minor ? "minor" : ""} ${i.problem ? "spoilt" : ""} ${p.marked ? "marked" : ""}`} data-testid="item" data-id={i.id} id={`i-${i.id}`}>
      <div class="item-head">
        <span class="party-chip">{i.party}</span>
        <span class="number num" title={i.id}>{shortId(i.id).split("/").slice(1).join(" ")}</span>
        {minor ? null : <PrecedenceChip of={i.precedence} />}
        {!minor ? <span class="kind">{word("kind", i.kind)}</span> : null}
        <span class="who">{i.officer || t("item.machine")}</span>
        <time class="num">{timeOf(ms(i.composed))}</time>
      </div>
      {p.notice ? <NoticeWords n={p.notice} /> : <p class="words" dir="auto">{i.words}</p>}
      {i.re && !minor ? <p class="faint">{t("item.re", { id: shortId(i.re) })}</p> : null}
      {p.relay ? <>{(p.relay.relay.volumes ?? []).map((v, k) => <VolumeWords key={k} v={v} />)}{p.relay.relay.unit ? <p class="facts"><span>{t("relay.for", { unit: p.relay.relay.unit })}</span></p> : null}<p class="facts"><span>{p.relay.opened ? t("relay.opened") : t("relay.closed")}</span></p></> : null}
      {i.problem ? <p class="flag" dir="auto">{t("item.problem", { why: i.problem })}</p> : null}
      {laddered ? to.map((x) => <Ladder key={x} item={i} party={x} missing={missing} />) : null}
      {answerable ? (
        <div class="row">
          {!read ? <button type="button" data-testid="read" onClick={() => needOfficer(() => void act("/v1/records", { line: i.line_name, kind: "ack", precedence: i.precedence || "routine", re: i.id, body: { level: "read" } }, t("answer.sent", { level: word("state", "read") })))}>{t("answer.read")}</button> : null}
          <button type="button" class={read ? "" : "quiet"} onClick={() => answer("understood")}>{t("answer.readback.button")}</button>
          <button type="button" class="quiet" onClick={() => answer(i.kind === "relay" ? "relayed" : "no-objection")}>{t("answer.open")}</button>
        </div>
      ) : null}
      {ours && p.relay && !p.relay.opened ? <div class="row"><button type="button" class="quiet" onClick={() => needOfficer(() => void act("/v1/openings", { relay: i.id }, t("opening.sent")))}>{t("opening.open")}</button></div> : null}
    </li>
  );
}

// A row is drawn again only when its record's states changed, or each second
// while a deadline of it runs.
const sign = (p: RowProps) => `${p.item.id}|${p.marked}|${p.beat}|${JSON.stringify(p.item.states ?? 0)}|${JSON.stringify(p.notice ? [p.notice.missing, p.notice.active, p.notice.cancelled_by, p.notice.corrected_by, p.notice.received] : 0)}|${JSON.stringify(p.relay ? [p.relay.missing, p.relay.opened] : 0)}`;
const Kept = memo(Row, (a, b) => sign(a) === sign(b));

function Tabs(): JSX.Element {
  const lines = picture.value?.lines ?? [];
  const move = (e: KeyboardEvent) => {
    const step = e.key === "ArrowRight" ? 1 : e.key === "ArrowLeft" ? -1 : 0;
    if (!step) return;
    const at = lines.findIndex((l) => l.name === lineName.value);
    const next = lines[(at + step * (document.documentElement.dir === "rtl" ? -1 : 1) + lines.length) % lines.length];
    if (next) {
      lineName.value = next.name;
      requestAnimationFrame(() => document.getElementById(`tab-${next.name}`)?.focus());
    }
  };
  return (
    <div class="tabs" role="tablist" aria-label={t("lines.label")} onKeyDown={move}>
      {lines.map((l) => {
        const owed = [...(picture.value?.notices ?? []), ...(picture.value?.relays ?? [])].filter((n) => n.line_name === l.name && n.missing?.length).length;
        return (
          <button key={l.name} id={`tab-${l.name}`} type="button" role="tab" aria-selected={l.name === lineName.value} aria-controls="conversation" tabIndex={l.name === lineName.value ? 0 : -1} onClick={() => (lineName.value = l.name)}>
            {l.home ? t("lines.home") : l.name}{owed ? <span class="count warn"><span class="visually-hidden">{t("lines.owed")} </span>{owed}</span> : null}{l.closed ? ` (${t("link.closed")})` : ""}
          </button>
        );
      })}
    </div>
  );
}

export function ConversationPanel(): JSX.Element {
  const p = picture.value;
  const c = p?.lines?.find((l) => l.name === lineName.value);
  const [many, setMany] = useState(PAGE);
  const [all, setAll] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const stick = useRef(true);
  const items = (c?.items ?? []).filter((i) => all || !machine.has(i.kind));
  const from = Math.max(0, items.length - many);
  const last = items[items.length - 1]?.id;
  useEffect(() => {
    // Rows out of sight have only an estimated height, so the end is found in steps.
    if (!stick.current) return;
    let steps = 0;
    const down = () => {
      const d = list.current;
      if (!d) return;
      d.scrollTop = d.scrollHeight;
      if (++steps < 4) requestAnimationFrame(down);
      else stick.current = true;
    };
    down();
  }, [last, lineName.value, composing.value]);
  useEffect(() => {
    const s = selected.value;
    if (s?.kind === "record") document.getElementById(`i-${s.id}`)?.scrollIntoView({ block: "nearest" });
  }, [selected.value, lineName.value]);
  const notices = new Map((p?.notices ?? []).map((n) => [n.id, n]));
  const relays = new Map((p?.relays ?? []).map((n) => [n.id, n]));
  const home = !!c?.home;
  const say = (what: "say" | "notice") => needOfficer(() => (composing.value = what));
  if (composing.value && c && !home)
    return (
      <section class="panel conversation" aria-labelledby="compose-title">
        <header class="panel-head"><h2 id="compose-title">{t(composing.value === "notice" ? "notice.title" : "say.title", { line: c.name })}</h2></header>
        <div class="scroll">{composing.value === "notice" ? <NoticeForm key={c.name} line={c.name} done={() => (composing.value = null)} /> : <Say key={c.name} line={c.name} done={() => (composing.value = null)} />}</div>
      </section>
    );
  return (
    <section class="panel conversation" aria-labelledby="lines-title">
      <h2 id="lines-title" class="visually-hidden">{t("lines.title")}</h2>
      <Tabs />
      <div class="scroll" id="conversation" role="tabpanel" aria-labelledby={c ? `tab-${c.name}` : undefined} tabIndex={0} ref={list} onScroll={(e) => { const d = e.currentTarget; stick.current = d.scrollHeight - d.scrollTop - d.clientHeight < 60; }}>
        {from > 0 ? <button type="button" class="quiet earlier" onClick={() => setMany(many + PAGE)}>{t("lines.earlier", { n: from })}</button> : null}
        {items.length ? (
          <ol class="items">
            {items.slice(from).map((i) => {
              const n = notices.get(i.id);
              const r = relays.get(i.id);
              const running = !!(n?.missing?.length || r?.missing?.length || n?.volumes?.some((v) => windowState(v) !== "over"));
              return <Kept key={i.id} item={i} notice={n} relay={r} self={p?.self ?? ""} home={home} parties={c?.parties ?? []} marked={selected.value?.kind === "record" && selected.value.id === i.id} beat={running ? second.value : 0} />;
            })}
          </ol>
        ) : <Empty title={t("lines.empty")}>{home ? t("lines.empty.home") : t("lines.empty.more", { parties: (c?.parties ?? []).join(", ") })}</Empty>}
      </div>
      <footer class="panel-foot">
        {home || !c ? null : <><button type="button" class="primary" disabled={c.closed} data-testid="new-notice" onClick={() => say("notice")}>{t("notice.open")}</button><button type="button" disabled={c.closed} onClick={() => say("say")}>{t("say.open")}</button></>}
        <label class="check end"><input type="checkbox" checked={all} onChange={() => setAll(!all)} />{t("lines.machine")}</label>
      </footer>
      <p class="visually-hidden">{status.value ? clockText(ms(status.value.now)) : ""}</p>
    </section>
  );
}
