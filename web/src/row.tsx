// One record in a conversation: its words, and for each recipient the ladder of
// signed states with both sides' times.
import type { JSX } from "preact";
import { memo } from "preact/compat";
import { showAll } from "./chart.ts";
import { ms, shortClock, spanText, viewed } from "./clock.ts";
import { composing } from "./compose.tsx";
import { Answer, CancelNotice, SignOn } from "./dialogs.tsx";
import { latLonText } from "./geo.ts";
import { t, word } from "./i18n.ts";
import { dialog, PrecedenceChip } from "./parts.tsx";
import { answers, bandText, bodyOf, rungs, shortId, timeOf, whatOf, windowState, type AckBody, type FindingBody, type SayBody, type WatchBody } from "./say.ts";
import { act, itemById, officer, selected } from "./store.ts";
import type { Item, Missing, Notice, Relay, Volume } from "./types.ts";

export const needOfficer = (then: () => void) => (officer.value ? then() : (dialog.value = () => <SignOn then={then} />));

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
              {r.due ? <span class="num duein">{r.due.overdue ? t("due.over", { span: spanText(viewed.peek() - r.due.at) }) : t("due.in", { span: spanText(r.due.at - viewed.peek()) })}</span> : null}
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
  return (
    <button type="button" class="volume-words" onClick={() => showAll([v])} title={(v.area.polygon ?? []).map(latLonText).join("\n")}>
      <span class={`window ${s}`}>{t(`window.${s}`)}</span>
      <span class="num">{shortClock(ms(v.window.from))}–{shortClock(ms(v.window.to))}</span>
      <span class="num">{bandText(v.band)}</span>
      <span>{v.area.circle ? t("volume.circle", { nm: Math.round(v.area.circle.radius_m / 185.2) / 10 }) : t("volume.polygon", { n: v.area.polygon?.length ?? 0 })}</span>
    </button>
  );
}

const acts = new Set(["cancellation", "correction"]);

function NoticeWords(p: { n: Notice }): JSX.Element {
  const n = p.n;
  return (
    <>
      <p class="words" dir="auto"><strong>{whatOf(n)}</strong>{n.notice.place ? ` · ${n.notice.place}` : ""}</p>
      {n.notice.text ? <p class="words" dir="auto">{n.notice.text}</p> : null}
      {(n.notice.class === "correction" ? (n.notice.volumes ?? []) : (n.volumes ?? [])).map((v, i) => <VolumeWords key={i} v={v} />)}
      {n.volumes?.length || acts.has(n.notice.class) ? null : <p class="flag">{t("notice.hasnovolume")}</p>}
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

// What a party answered, in its own words: an objection with its reason, an
// alternative with its areas. Ours to take up or not; nothing follows by itself.
function Answers(p: { item: Item; notice: Notice | undefined; ours: boolean; still: boolean }): JSX.Element {
  const said = (p.item.states ?? []).flatMap((s) => (s.states ?? []).filter((x) => answers.has(x.state)).map((x) => ({ ...x, party: s.party })));
  return (
    <>
      {said.map((x) => {
        const b = bodyOf<AckBody>(itemById(x.by));
        const other = b.alternative ?? [];
        return (
          <div key={x.by} class={`answer ${x.state}`} data-testid={x.state}>
            <p><span class="party-chip">{x.party}</span> <strong>{word("state", x.state)}</strong> <span class="faint num">{[x.officer, timeOf(ms(x.at))].filter(Boolean).join(" · ")}</span></p>
            {b.reason ? <p class="words" dir="auto">{b.reason}</p> : null}
            {b.text ? <p class="words" dir="auto">{b.text}</p> : null}
            {other.map((v, i) => <VolumeWords key={i} v={v} />)}
            {other.length ? <div class="row"><button type="button" class="quiet" onClick={() => { selected.value = { kind: "record", id: p.item.id }; showAll(other); }}>{t("alert.show")}</button>{p.ours && p.notice && !p.notice.cancelled_by && !p.still ? <button type="button" class="quiet" onClick={() => needOfficer(() => (composing.value = { correct: p.notice!, volumes: other }))}>{t("correct.take")}</button> : null}</div> : null}
          </div>
        );
      })}
    </>
  );
}

function ReadBack(p: { item: Item }): JSX.Element | null {
  const all = (p.item.states ?? []).flatMap((s) => (s.states ?? []).filter((x) => x.state === "understood").map((x) => ({ ...x, party: s.party })));
  if (!all.length) return null;
  return <>{all.map((x) => <p key={x.by} class="facts"><span dir="auto">{t("item.readback", { party: x.party, words: (bodyOf<AckBody>(itemById(x.by)).read_back ?? []).join(" / ") })}</span></p>)}</>;
}

// What else a record of these kinds states, beyond its one line of words.
function Particulars(p: { item: Item }): JSX.Element | null {
  const i = p.item;
  if (i.kind === "say") return <>{(bodyOf<SayBody>(i).volumes ?? []).map((v, k) => <VolumeWords key={k} v={v} />)}</>;
  if (i.kind === "watch") {
    const b = bodyOf<WatchBody>(i);
    return <>{b.open?.length ? <List title={t("watch.open")} of={b.open} /> : null}{b.promises ? <List title={t("watch.promises")} of={[b.promises]} /> : null}</>;
  }
  if (i.kind === "finding") {
    const b = bodyOf<FindingBody>(i);
    return <p class="facts"><span>{t("finding.on", { party: b.party ?? "", lane: b.lane ?? "" })}</span><span>{t("finding.proof", { n: b.proof?.length ?? 0 })}</span></p>;
  }
  return null;
}

export function List(p: { title: string; of: string[] }): JSX.Element {
  return <div class="listed"><p class="label">{p.title}</p><ul tabIndex={0} aria-label={p.title}>{p.of.map((x, i) => <li key={i} dir="auto">{x}</li>)}</ul></div>;
}

interface RowProps { item: Item; notice: Notice | undefined; relay: Relay | undefined; self: string; home: boolean; marked: boolean; parties: string[]; beat: number; still: boolean; closed: boolean }

// still: the page looks back, so nothing can be answered.
function Row(p: RowProps): JSX.Element {
  const i = p.item;
  const ours = i.party === p.self;
  const minor = i.kind === "ack" || i.kind === "received" || i.kind === "opening" || i.kind === "minute" || i.kind === "charter";
  const missing = p.notice?.missing ?? p.relay?.missing ?? [];
  const to = p.parties.filter((x) => x !== i.party);
  const invalid = !!i.problem && !i.body;
  const laddered = !p.home && !invalid && (i.kind === "notice" || i.kind === "say" || i.kind === "relay" || i.kind === "close");
  const open = !p.still && !p.closed;
  const mends = open && ours && p.notice && !acts.has(p.notice.notice.class) && !p.notice.cancelled_by;
  const answerable = open && !ours && !p.home && !i.problem && (i.kind === "notice" || i.kind === "say" || i.kind === "relay");
  const mine = rungs(i, p.self, missing);
  const read = !!mine.find((r) => r.name === "read")?.done;
  const answer = (level: string) => needOfficer(() => (dialog.value = () => <Answer item={i} level={level} />));
  return (
    <li class={`item ${ours ? "ours" : "theirs"} ${minor ? "minor" : ""} ${invalid ? "spoilt" : ""} ${i.kind === "finding" || i.kind === "close" ? i.kind : ""} ${p.marked ? "marked" : ""}`} data-testid="item" data-id={i.id} id={`i-${i.id}`}>
      <div class="item-head">
        <span class="party-chip">{i.party}</span>
        <span class="number num" title={i.id}>{shortId(i.id).split("/").slice(1).join(" ")}</span>
        {minor ? null : <PrecedenceChip of={i.precedence} />}
        {invalid ? <span class="chip bad"><span aria-hidden="true">✕ </span>{t("item.invalid")}</span> : i.kind === "finding" ? <span class="chip bad"><span aria-hidden="true">⚑ </span>{t("kind.finding")}</span> : !minor ? <span class="kind">{word("kind", i.kind)}</span> : null}
        <span class="who">{i.officer || t("item.machine")}</span>
        <time class="num">{timeOf(ms(i.composed))}</time>
      </div>
      {p.notice ? <NoticeWords n={p.notice} /> : <p class="words" dir="auto">{i.words}</p>}
      {i.re && !minor ? <p class="faint">{t("item.re", { id: shortId(i.re) })}</p> : null}
      {p.relay ? <>{(p.relay.relay.volumes ?? []).map((v, k) => <VolumeWords key={k} v={v} />)}{p.relay.relay.unit ? <p class="facts"><span>{t("relay.for", { unit: p.relay.relay.unit })}</span></p> : null}<p class="facts"><span>{p.relay.opened ? t("relay.opened") : t("relay.closed")}</span></p></> : null}
      <Particulars item={i} />
      {i.problem ? <p class={invalid ? "problem" : "flag"} dir="auto">{invalid ? t("item.problem", { why: i.problem }) : i.problem}</p> : null}
      {laddered ? to.map((x) => <Ladder key={x} item={i} party={x} missing={missing} />) : null}
      {laddered ? <ReadBack item={i} /> : null}
      {laddered ? <Answers item={i} notice={p.notice} ours={ours} still={!open} /> : null}
      {answerable ? (
        <div class="row">
          {!read ? <button type="button" data-testid="read" onClick={() => needOfficer(() => void act("/v1/records", { line: i.line_name, kind: "ack", precedence: i.precedence || "routine", re: i.id, body: { level: "read" } }, t("answer.sent", { level: word("state", "read") })))}>{t("answer.read")}</button> : null}
          <button type="button" class={read ? "" : "quiet"} onClick={() => answer("understood")}>{t("answer.readback.button")}</button>
          <button type="button" class="quiet" onClick={() => answer(i.kind === "relay" ? "relayed" : "no-objection")}>{t("answer.open")}</button>
        </div>
      ) : null}
      {mends ? (
        <div class="row">
          <button type="button" class="quiet" data-testid="correct" onClick={() => needOfficer(() => (composing.value = { correct: p.notice! }))}>{t("correct.open")}</button>
          <button type="button" class="quiet" data-testid="cancel-notice" onClick={() => needOfficer(() => (dialog.value = () => <CancelNotice notice={p.notice!} />))}>{t("cancelnotice.open")}</button>
        </div>
      ) : null}
      {open && ours && p.relay && !p.relay.opened ? <div class="row"><button type="button" class="quiet" onClick={() => needOfficer(() => void act("/v1/openings", { relay: i.id }, t("opening.sent")))}>{t("opening.open")}</button></div> : null}
    </li>
  );
}

// A row is drawn again only when its record's states changed, or each second
// while a deadline of it runs.
const sign = (p: RowProps) => `${p.item.id}|${p.marked}|${p.beat}|${p.still}|${p.closed}|${JSON.stringify(p.item.states ?? 0)}|${JSON.stringify(p.notice ? [p.notice.missing, p.notice.active, p.notice.cancelled_by, p.notice.corrected_by, p.notice.received] : 0)}|${JSON.stringify(p.relay ? [p.relay.missing, p.relay.opened] : 0)}`;
export const KeptRow = memo(Row, (a, b) => sign(a) === sign(b));
