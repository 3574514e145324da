// The conversation of one line: its records in order, and where one speaks.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { clockText, ms, past, second } from "./clock.ts";
import { composing, NoticeForm, Say } from "./compose.tsx";
import { t } from "./i18n.ts";
import { Empty } from "./parts.tsx";
import { KeptRow, List, needOfficer } from "./row.tsx";
import { bodyOf, timeOf, windowState, type CloseBody } from "./say.ts";
import { closed, lineName, picture, selected, status } from "./store.ts";
import type { Conversation } from "./types.ts";

const machine = new Set(["received", "charter", "minute", "kept"]);
const PAGE = 80;

// How a line ended, for as long as it is looked at.
function Closed(p: { of: Conversation; over: boolean }): JSX.Element | null {
  const exits = (p.of.items ?? []).filter((i) => i.kind === "close" && !i.problem);
  if (!p.over && !exits.length) return null;
  return (
    <div class="closed-line" role="note" data-testid="closed-line">
      <p><strong>{p.over ? t("close.title", { line: p.of.name }) : t("close.left", { parties: exits.map((i) => i.party).join(", "), line: p.of.name })}</strong></p>
      {exits.map((i) => {
        const b = bodyOf<CloseBody>(i);
        return <div key={i.id}><p>{t("close.by", { party: i.party, at: timeOf(ms(i.composed)) })} <span dir="auto">{b.text ?? ""}</span></p>{b.duties?.length ? <List title={t("close.duties")} of={b.duties} /> : null}</div>;
      })}
      <p class="faint">{t(p.over ? "close.stays" : "close.telephone")}</p>
    </div>
  );
}

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
        const faults = (l.items ?? []).filter((i) => i.kind === "finding" || (i.problem && !i.body)).length;
        const owed = [...(picture.value?.notices ?? []), ...(picture.value?.relays ?? [])].filter((n) => n.line_name === l.name && n.missing?.length).length;
        return (
          <button key={l.name} id={`tab-${l.name}`} type="button" role="tab" aria-selected={l.name === lineName.value} aria-controls="conversation" tabIndex={l.name === lineName.value ? 0 : -1} onClick={() => (lineName.value = l.name)}>
            {l.home ? t("lines.home") : l.name}{owed ? <span class="count warn"><span class="visually-hidden">{t("lines.owed")} </span>{owed}</span> : null}{faults ? <span class="count bad" title={t("lines.faults", { n: faults })}><span class="visually-hidden">{t("lines.faults", { n: faults })}</span><span aria-hidden="true">⚑</span></span> : null}{!past.value && closed(l.name) ? ` (${t("link.closed")})` : ""}
          </button>
        );
      })}
    </div>
  );
}

export function ConversationPanel(): JSX.Element {
  const p = picture.value;
  const c = p?.lines?.find((l) => l.name === lineName.value);
  const over = !!c && !past.value && closed(c.name);
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
  const draft = composing.value;
  if (draft && c && !home && !over && !past.value) {
    const done = () => (composing.value = null);
    const title = draft === "say" ? t("say.title", { line: c.name }) : draft === "notice" ? t("notice.title", { line: c.name }) : t("correct.title", { id: draft.correct.id });
    return (
      <section class="panel conversation" aria-labelledby="compose-title">
        <header class="panel-head"><h2 id="compose-title">{title}</h2></header>
        <div class="scroll">{draft === "say" ? <Say key={c.name} line={c.name} done={done} /> : draft === "notice" ? <NoticeForm key={c.name} line={c.name} done={done} /> : <NoticeForm key={draft.correct.id} line={draft.correct.line_name} correct={draft.correct} volumes={draft.volumes} done={done} />}</div>
      </section>
    );
  }
  return (
    <section class="panel conversation" aria-labelledby="lines-title">
      <h2 id="lines-title" class="visually-hidden">{t("lines.title")}</h2>
      <Tabs />
      {c ? <Closed of={c} over={over} /> : null}
      <div class="scroll" id="conversation" role="tabpanel" aria-labelledby={c ? `tab-${c.name}` : undefined} tabIndex={0} ref={list} onScroll={(e) => { const d = e.currentTarget; stick.current = d.scrollHeight - d.scrollTop - d.clientHeight < 60; }}>
        {from > 0 ? <button type="button" class="quiet earlier" onClick={() => setMany(many + PAGE)}>{t("lines.earlier", { n: from })}</button> : null}
        {items.length ? (
          <ol class="items">
            {items.slice(from).map((i) => {
              const n = notices.get(i.id);
              const r = relays.get(i.id);
              const running = !!(n?.missing?.length || r?.missing?.length || n?.volumes?.some((v) => windowState(v) !== "over"));
              return <KeptRow key={i.id} item={i} notice={n} relay={r} self={p?.self ?? ""} home={home} parties={c?.parties ?? []} marked={selected.value?.kind === "record" && selected.value.id === i.id} beat={running ? second.value : 0} still={!!past.value} closed={over} />;
            })}
          </ol>
        ) : past.value ? <Empty title={t("lines.empty")}>{t("lines.empty.then")}</Empty> : !c ? <Empty title={t("lines.none")}>{t("lines.none.more")}</Empty> : <Empty title={t("lines.empty")}>{home ? t("lines.empty.home") : t("lines.empty.more", { parties: (c?.parties ?? []).join(", ") })}</Empty>}
      </div>
      <footer class="panel-foot">
        {home || !c ? null : <><button type="button" class="primary" disabled={over || !!past.value} data-testid="new-notice" onClick={() => say("notice")}>{t("notice.open")}</button><button type="button" disabled={over || !!past.value} onClick={() => say("say")}>{t("say.open")}</button></>}
        <label class="check end"><input type="checkbox" checked={all} onChange={() => setAll(!all)} />{t("lines.machine")}</label>
      </footer>
      <p class="visually-hidden">{status.value ? clockText(ms(status.value.now)) : ""}</p>
    </section>
  );
}
