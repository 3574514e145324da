// Saying something on a line: words, or a notice. A notice is checked against
// all that the node knows before it can be sent.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { post } from "./api.ts";
import { AreaEditor, areaOf, emptyArea, volumes, type Area } from "./area.tsx";
import { t, word } from "./i18n.ts";
import { checked, Field, PrecedenceChip, PrecedenceSelect, value, Wants } from "./parts.tsx";
import { act, phrases, told } from "./store.ts";
import type { Conflict, Draft, Notice, PhraseEntry, Precedence, Volume } from "./types.ts";

// What is being composed: words, a notice, or a correction of a notice of ours.
export const composing = signal<"say" | "notice" | { correct: Notice; volumes?: Volume[] | undefined } | null>(null);

const classes = ["activity", "hazard-area", "transit", "return-to-base", "exercise", "electromagnetic", "test", "accident", "protected-site", "protected-movement", "distress"];

export type Said = { code: string; params: Record<string, string> };
export const phraseBody = (s: Said) => ({ code: s.code, params: Object.entries(s.params).filter(([, v]) => v.trim()).map(([name, v]) => ({ name, value: v.trim() })) });

// A phrase of the book with its values.
export function PhrasePicker(p: { of: Said; on: (s: Said) => void; optional?: boolean }): JSX.Element {
  const entries = phrases.value?.entries ?? [];
  const e = entries.find((x) => x.code === p.of.code);
  return (
    <div class="phrase">
      <Field label={t("phrase.label")} wide>
        {(id) => (
          <select id={id} value={p.of.code} onChange={(ev) => p.on({ code: value(ev), params: {} })}>
            {p.optional ? <option value="">{t("phrase.none")}</option> : null}
            {entries.map((x) => <option key={x.code} value={x.code}>{x.code.replaceAll("-", " ")}</option>)}
          </select>
        )}
      </Field>
      {e ? <p class="phrase-text" dir="auto">{wording(e)}</p> : null}
      <div class="grid2">
        {(e?.params ?? []).map((q) => (
          <Field key={q.name} label={q.name.replaceAll("_", " ")} hint={q.type}>
            {(id) => <input id={id} dir="auto" value={p.of.params[q.name] ?? ""} onInput={(ev) => p.on({ ...p.of, params: { ...p.of.params, [q.name]: value(ev) } })} />}
          </Field>
        ))}
      </div>
    </div>
  );
}

const wording = (e: PhraseEntry) => (e.text["en"] ?? Object.values(e.text)[0] ?? "").replaceAll("{", "‹").replaceAll("}", "›");

export function Conflicts(p: { of: Conflict[] | null }): JSX.Element | null {
  if (!p.of) return null;
  if (!p.of.length) return <p class="clear" role="status" data-testid="no-conflicts">{t("preview.none")}</p>;
  return (
    <div class="conflicts" role="alert" data-testid="conflicts">
      <h3>{t("preview.some", { n: p.of.length })}</h3>
      <ul>{p.of.map((c) => <li key={c.key}><PrecedenceChip of={c.precedence ?? ""} /> <span dir="auto">{c.why}</span></li>)}</ul>
    </div>
  );
}

// A stop or a hold may name its area; nothing else that is said has one.
const placed = new Set(["STOP-NOW", "HOLD-FIRE"]);

export function Say(p: { line: string; re?: string; done: () => void }): JSX.Element {
  const [where, setWhere] = useState(false);
  const [area, setArea] = useState<Area>(() => emptyArea(0));
  const [said, setSaid] = useState<Said>({ code: "", params: {} });
  const [text, setText] = useState("");
  const [prec, setPrec] = useState<Precedence>("routine");
  const [busy, setBusy] = useState(false);
  const send = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    const vs = where && placed.has(said.code) ? volumes(area) : [];
    const body = { ...(vs.length ? { volumes: vs } : {}), ...(said.code ? { phrase: phraseBody(said) } : {}), ...(text.trim() ? { text: text.trim(), lang: "en" } : {}) };
    if (await act("/v1/records", { line: p.line, kind: "say", precedence: prec, ...(p.re ? { re: p.re } : {}), body }, t("say.sent", { line: p.line }))) p.done();
    setBusy(false);
  };
  return (
    <form class="compose" onSubmit={(e) => void send(e)} aria-label={t("say.title", { line: p.line })}>
      <PhrasePicker of={said} on={(x) => { setSaid(x); if (x.code === "STOP-NOW") setPrec("flash"); }} optional />
      {placed.has(said.code) ? <><label class="check"><input type="checkbox" checked={where} onChange={(e) => setWhere(checked(e))} />{t("say.area")}</label>{where ? <AreaEditor of={area} on={setArea} /> : null}</> : null}
      <Field label={t("say.text")} wide>{(id) => <textarea id={id} rows={3} dir="auto" value={text} onInput={(e) => setText(value(e))} maxLength={2000} />}</Field>
      <div class="row end">
        <Field label={t("precedence")}>{(id) => <PrecedenceSelect id={id} of={prec} on={setPrec} />}</Field>
        <button type="button" class="quiet" onClick={p.done}>{t("cancel")}</button>
        <button type="submit" class="primary" disabled={busy || (!said.code && !text.trim()) || (where && placed.has(said.code) && (!!area.problem || !volumes(area).length))}>{t("say.send")}</button>
      </div>
    </form>
  );
}

// With correct it is filled with that notice as it stands, and sent about it. The
// first of its areas is edited; further ones are kept unless the officer says not.
export function NoticeForm(p: { line: string; correct?: Notice; volumes?: Volume[] | undefined; done: () => void }): JSX.Element {
  const old = p.correct;
  const stands = p.volumes ?? old?.volumes ?? [];
  const [kind, setKind] = useState(old ? "correction" : "hazard-area");
  const [place, setPlace] = useState(old?.notice.place ?? "");
  const [area, setArea] = useState<Area>(() => (stands[0] ? areaOf(stands[0]) : emptyArea()));
  const [keep, setKeep] = useState(true);
  const [text, setText] = useState(old?.notice.text ?? "");
  const [late, setLate] = useState("");
  const [wants, setWants] = useState<string[]>(old?.notice.wants ?? ["read", "understood"]);
  const [prec, setPrec] = useState<Precedence>(old ? ((old.precedence || "immediate") as Precedence) : "immediate");
  const [found, setFound] = useState<Conflict[] | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const edited = volumes(area);
  const vs = edited.length && keep ? [...edited, ...stands.slice(1)] : edited;
  const draft: Draft = { line: p.line, kind: "notice", precedence: prec, ...(old ? { re: old.id } : {}), body: {
    class: kind, ...(place.trim() ? { place: place.trim() } : {}), ...(vs.length ? { volumes: vs } : {}),
    ...(text.trim() ? { text: text.trim(), lang: "en" } : {}), ...(wants.length ? { wants } : {}), ...(late.trim() ? { late: late.trim() } : {}), ...(old?.notice.contact ? { contact: old.notice.contact } : {}),
  } as never };
  const key = JSON.stringify(draft);
  useEffect(() => setFound(null), [key]);
  const check = async () => {
    setBusy(true);
    setProblem("");
    try {
      setFound((await post<{ conflicts: Conflict[] }>("/v1/preview", draft)).conflicts);
    } catch (e) {
      setProblem(told(e));
    }
    setBusy(false);
  };
  const send = async () => {
    setBusy(true);
    if (await act("/v1/records", draft, t(old ? "correct.sent" : "notice.sent", { line: p.line }))) p.done();
    setBusy(false);
  };
  return (
    <form class="compose" onSubmit={(e) => { e.preventDefault(); void (found ? send() : check()); }} aria-label={old ? t("correct.title", { id: old.id }) : t("notice.title", { line: p.line })} data-testid="notice-form">
      {old ? <><p class="hint">{t("correct.hint", { id: old.id })}</p><blockquote dir="auto">{old.words}</blockquote></> : null}
      <div class="grid2">
        <Field label={t("notice.class")}>{(id) => <select id={id} value={kind} disabled={!!old} onChange={(e) => setKind(value(e))}>{old ? <option value="correction">{word("class", "correction")}</option> : null}{classes.map((c) => <option key={c} value={c}>{word("class", c)}</option>)}</select>}</Field>
        <Field label={t("precedence")}>{(id) => <PrecedenceSelect id={id} of={prec} on={setPrec} />}</Field>
      </div>
      <Field label={t("notice.place")} hint={t("notice.place.hint")} wide>{(id) => <input id={id} dir="auto" value={place} onInput={(e) => setPlace(value(e))} maxLength={200} />}</Field>
      <AreaEditor of={area} on={setArea} />
      {stands.length > 1 ? <label class="check"><input type="checkbox" checked={keep} onChange={(e) => setKeep(checked(e))} />{t("correct.further", { n: stands.length - 1 })}</label> : null}
      <Field label={t("notice.text")} wide>{(id) => <textarea id={id} rows={2} dir="auto" value={text} onInput={(e) => setText(value(e))} maxLength={2000} />}</Field>
      <Field label={t("notice.late")} wide>{(id) => <input id={id} dir="auto" value={late} onInput={(e) => setLate(value(e))} maxLength={500} />}</Field>
      <Wants of={wants} levels={["read", "understood", "relayed", "unit-confirms", "no-objection"]} on={setWants} />
      {!vs.length ? <p class="hint">{t(old ? "correct.needsvolume" : "notice.novolume")}</p> : null}
      {problem ? <p class="problem" role="alert">{problem}</p> : null}
      <Conflicts of={found} />
      <div class="row end">
        <button type="button" class="quiet" onClick={p.done}>{t("cancel")}</button>
        {found ? <button type="submit" class={found.length ? "danger" : "primary"} disabled={busy || !!area.problem || (!!old && !vs.length)} data-testid="send-notice">{found.length ? t("notice.sendanyway") : t("notice.send")}</button> : <button type="submit" class="primary" disabled={busy || !!area.problem || (!!old && !vs.length)} data-testid="check-notice">{t("notice.check")}</button>}
      </div>
    </form>
  );
}
