// What an officer does in a dialog: sign on, stop, cancel, answer, relay.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { arm, armed, testTone } from "./alarm.ts";
import { post } from "./api.ts";
import { AreaEditor, emptyArea, volumes, type Area } from "./area.tsx";
import { now } from "./clock.ts";
import { phraseBody, PhrasePicker, type Said } from "./compose.tsx";
import { t, word } from "./i18n.ts";
import { checked, close, Dialog, Field, PrecedenceSelect, value, Wants } from "./parts.tsx";
import { act, itemById, lineName, officer, picture, refreshPicture, refreshStatus, session, status, told } from "./store.ts";
import type { Item, Notice, Precedence, Session } from "./types.ts";

export function SignOn(p: { then?: () => void }): JSX.Element {
  const people = status.value?.officers ?? [];
  const [who, setWho] = useState(people[0]?.id ?? "");
  const [pass, setPass] = useState("");
  const [watch, setWatch] = useState(true);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const send = async (e: Event) => {
    e.preventDefault();
    void arm();
    setBusy(true);
    setProblem("");
    try {
      session.value = await post<Session>("/v1/sign-on", { officer: who, passphrase: pass });
      const on = picture.value?.on_watch?.some((w) => w.officer === who);
      if (watch && !on) await act("/v1/records", { line: "home", kind: "watch", body: { act: "take" } }, t("watch.taken"));
      refreshStatus();
      refreshPicture();
      close();
      p.then?.();
    } catch (err) {
      setProblem(told(err));
      setPass("");
    }
    setBusy(false);
  };
  return (
    <Dialog title={t("signon.title")}>
      <form onSubmit={(e) => void send(e)}>
        <p class="hint">{t("signon.hint")}</p>
        <Field label={t("signon.officer")} wide>
          {(id) => <select id={id} value={who} data-testid="officer" onChange={(e) => setWho(value(e))}>{people.map((o) => <option key={o.id} value={o.id}>{o.name} ({(o.roles ?? []).map((r) => word("role", r)).join(", ")})</option>)}</select>}
        </Field>
        <Field label={t("signon.passphrase")} wide>
          {(id) => <input id={id} data-first data-testid="passphrase" type="password" autocomplete="off" value={pass} onInput={(e) => setPass(value(e))} />}
        </Field>
        <label class="check"><input type="checkbox" checked={watch} onChange={(e) => setWatch(checked(e))} />{t("signon.watch")}</label>
        {problem ? <p class="problem" role="alert">{problem}</p> : null}
        <div class="row end">
          <button type="button" class="quiet" onClick={() => void testTone()}>{armed.value ? t("alarm.again") : t("alarm.test")}</button>
          <button type="submit" class="primary" disabled={busy || !who || !pass} data-testid="sign-on-submit">{busy ? t("signon.busy") : t("signon.submit")}</button>
        </div>
      </form>
    </Dialog>
  );
}

// A stop needs nobody's consent and as little typing as possible.
export function Stop(): JSX.Element {
  const lines = (status.value?.lines ?? []).filter((l) => !l.home && !l.closed).map((l) => l.name);
  const [on, setOn] = useState<string[]>(lines.includes(lineName.value) ? [lineName.value] : lines);
  const [area, setArea] = useState("");
  const [text, setText] = useState("");
  const [where, setWhere] = useState(false);
  const [at, setAt] = useState<Area>(() => emptyArea(0));
  const [busy, setBusy] = useState(false);
  const vs = where ? volumes(at) : [];
  const send = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    let all = true;
    for (const line of on) {
      const body = { ...(vs.length ? { volumes: vs } : {}), phrase: { code: "STOP-NOW", params: area.trim() ? [{ name: "area", value: area.trim() }] : [] }, ...(text.trim() ? { text: text.trim(), lang: "en" } : {}) };
      all = (await act("/v1/records", { line, kind: "say", precedence: "flash", body }, t("stop.sent", { line }))) && all;
    }
    setBusy(false);
    if (all) close();
  };
  if (!officer.value) return <SignOn />;
  return (
    <Dialog title={t("stop.title")} kind="stop-dialog">
      <form onSubmit={(e) => void send(e)}>
        <p>{t("stop.words")}</p>
        <fieldset class="wants"><legend>{t("stop.lines")}</legend>{lines.map((l) => <label key={l} class="check"><input type="checkbox" checked={on.includes(l)} onChange={(e) => setOn(checked(e) ? [...on, l] : on.filter((x) => x !== l))} />{l}</label>)}</fieldset>
        <Field label={t("stop.area")} wide>{(id) => <input id={id} dir="auto" value={area} onInput={(e) => setArea(value(e))} maxLength={200} />}</Field>
        <label class="check"><input type="checkbox" checked={where} onChange={(e) => setWhere(checked(e))} />{t("stop.where")}</label>
        {where ? <AreaEditor of={at} on={setAt} draw={false} /> : null}
        <Field label={t("stop.text")} wide>{(id) => <input id={id} dir="auto" value={text} onInput={(e) => setText(value(e))} maxLength={500} />}</Field>
        <div class="row end"><button type="button" class="quiet" onClick={close}>{t("cancel")}</button><button type="submit" data-first class="stop" disabled={busy || !on.length || (where && (!!at.problem || !vs.length))} data-testid="stop-send">{t("stop.send")}</button></div>
      </form>
    </Dialog>
  );
}

// A cancellation asks once: it ends the whole notice, and stands on the record.
export function CancelNotice(p: { notice: Notice }): JSX.Element {
  const n = p.notice;
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    const body = { class: "cancellation", ...(text.trim() ? { text: text.trim(), lang: "en" } : {}), wants: ["read"] };
    if (await act("/v1/records", { line: n.line_name, kind: "notice", precedence: n.precedence || "immediate", re: n.id, body }, t("cancelnotice.sent", { line: n.line_name }))) close();
    setBusy(false);
  };
  return (
    <Dialog title={t("cancelnotice.title", { id: n.id })}>
      <form onSubmit={(e) => void send(e)}>
        <blockquote dir="auto">{n.words}</blockquote>
        <p class="hint">{t("cancelnotice.hint")}</p>
        <Field label={t("cancelnotice.why")} wide>{(id) => <input id={id} data-first dir="auto" value={text} onInput={(e) => setText(value(e))} maxLength={2000} />}</Field>
        <div class="row end"><button type="button" class="quiet" onClick={close}>{t("cancelnotice.keep")}</button><button type="submit" class="danger" disabled={busy} data-testid="cancel-send">{t("cancelnotice.send")}</button></div>
      </form>
    </Dialog>
  );
}

const levels = ["read", "understood", "relayed", "unit-confirms", "no-objection", "objection", "alternative", "unknown-message"] as const;

export function Answer(p: { item: Item; level?: string }): JSX.Element {
  const [level, setLevel] = useState(p.level ?? "understood");
  const [back, setBack] = useState("");
  const [unit, setUnit] = useState("");
  const [at, setAt] = useState(`${new Date(now.value).toISOString().slice(0, 19)}Z`);
  const [reason, setReason] = useState("");
  const [text, setText] = useState("");
  const [area, setArea] = useState<Area>(() => emptyArea());
  const [busy, setBusy] = useState(false);
  const units = level === "relayed" || level === "unit-confirms";
  const body = {
    level,
    ...(level === "understood" ? { read_back: back.split("\n").map((x) => x.trim()).filter(Boolean) } : {}),
    ...(units ? { unit: unit.trim(), at } : {}),
    ...(level === "objection" ? { reason: reason.trim() } : {}),
    ...(level === "alternative" ? { alternative: volumes(area) } : {}),
    ...(text.trim() ? { text: text.trim() } : {}),
  };
  const ready = level === "understood" ? !!back.trim() : units ? !!unit.trim() : level === "objection" ? !!reason.trim() : level === "alternative" ? !area.problem && volumes(area).length > 0 : true;
  const send = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    if (await act("/v1/records", { line: p.item.line_name, kind: "ack", precedence: p.item.precedence || "routine", re: p.item.id, body }, t("answer.sent", { level: word("state", level) }))) close();
    setBusy(false);
  };
  return (
    <Dialog title={t("answer.title", { id: p.item.id })}>
      <form onSubmit={(e) => void send(e)}>
        <blockquote dir="auto">{p.item.words}</blockquote>
        <fieldset class="levels"><legend>{t("answer.level")}</legend>
          {levels.map((l) => <label key={l} class="check"><input type="radio" name="level" value={l} checked={level === l} onChange={() => setLevel(l)} />{word("state", l)}</label>)}
        </fieldset>
        <p class="hint">{word("means", level)}</p>
        {level === "understood" ? <Field label={t("answer.readback")} hint={t("answer.readback.hint")} wide>{(id) => <textarea id={id} data-first rows={4} dir="auto" value={back} onInput={(e) => setBack(value(e))} />}</Field> : null}
        {units ? <div class="grid2"><Field label={t("answer.unit")}>{(id) => <input id={id} dir="auto" value={unit} onInput={(e) => setUnit(value(e))} maxLength={100} />}</Field><Field label={t("answer.at")}>{(id) => <input id={id} class="num" dir="ltr" value={at} onInput={(e) => setAt(value(e))} />}</Field></div> : null}
        {level === "objection" ? <Field label={t("answer.reason")} wide>{(id) => <textarea id={id} rows={2} dir="auto" value={reason} onInput={(e) => setReason(value(e))} />}</Field> : null}
        {level === "alternative" ? <AreaEditor of={area} on={setArea} draw={false} /> : null}
        <Field label={t("answer.text")} wide>{(id) => <input id={id} dir="auto" value={text} onInput={(e) => setText(value(e))} maxLength={2000} />}</Field>
        <div class="row end"><button type="button" class="quiet" onClick={close}>{t("cancel")}</button><button type="submit" class="primary" disabled={busy || !ready} data-testid="answer-send">{t("answer.send")}</button></div>
      </form>
    </Dialog>
  );
}

export function RelayDialog(p: { from: string; about: string[] }): JSX.Element {
  const source = new Set([p.from, ...p.about].map((id) => itemById(id)?.line_name));
  const lines = (status.value?.lines ?? []).filter((l) => !l.home && !l.closed);
  const [line, setLine] = useState((lines.find((l) => !source.has(l.name)) ?? lines[0])?.name ?? "");
  const [prec, setPrec] = useState<Precedence>("flash");
  const [said, setSaid] = useState<Said[]>([{ code: "HOLD-FIRE", params: {} }]);
  const [unit, setUnit] = useState("");
  const [text, setText] = useState("");
  const [way, setWay] = useState(false);
  const [area, setArea] = useState<Area>(() => ({ ...emptyArea(), from: `${new Date(now.value).toISOString().slice(0, 16)}Z` }));
  const [wants, setWants] = useState(["read", "relayed", "unit-confirms"]);
  const [busy, setBusy] = useState(false);
  const send = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    const vs = way ? volumes(area) : [];
    const body = { phrases: said.map(phraseBody), ...(vs.length ? { volumes: vs } : {}), ...(unit.trim() ? { unit: unit.trim() } : {}), ...(text.trim() ? { text: text.trim(), lang: "en" } : {}), ...(wants.length ? { wants } : {}) };
    if (await act("/v1/relays", { from: p.from, line, precedence: prec, body }, t("relay.sent", { line }))) close();
    setBusy(false);
  };
  return (
    <Dialog title={t("relay.title")}>
      <form onSubmit={(e) => void send(e)}>
        <p class="hint">{t("relay.hint", { from: p.from })}</p>
        <div class="grid2">
          <Field label={t("relay.line")}>{(id) => <select id={id} value={line} onChange={(e) => setLine(value(e))}>{lines.map((l) => <option key={l.name} value={l.name}>{l.name}{source.has(l.name) ? ` (${t("relay.source")})` : ""}</option>)}</select>}</Field>
          <Field label={t("precedence")}>{(id) => <PrecedenceSelect id={id} of={prec} on={setPrec} />}</Field>
        </div>
        {said.map((s, i) => <PhrasePicker key={i} of={s} on={(x) => setSaid(said.map((y, j) => (i === j ? x : y)))} />)}
        <div class="row"><button type="button" class="quiet" onClick={() => setSaid([...said, { code: "STAND-BY", params: {} }])}>{t("relay.more")}</button>{said.length > 1 ? <button type="button" class="quiet" onClick={() => setSaid(said.slice(0, -1))}>{t("relay.fewer")}</button> : null}</div>
        <div class="grid2">
          <Field label={t("answer.unit")}>{(id) => <input id={id} dir="auto" value={unit} onInput={(e) => setUnit(value(e))} maxLength={100} />}</Field>
          <Field label={t("answer.text")}>{(id) => <input id={id} dir="auto" value={text} onInput={(e) => setText(value(e))} maxLength={2000} />}</Field>
        </div>
        <label class="check"><input type="checkbox" checked={way} onChange={(e) => setWay(checked(e))} />{t("relay.corridor")}</label>
        {way ? <AreaEditor of={area} on={setArea} draw={false} /> : null}
        <Wants of={wants} levels={["read", "understood", "relayed", "unit-confirms"]} on={setWants} />
        <div class="row end"><button type="button" class="quiet" onClick={close}>{t("cancel")}</button><button type="submit" class="primary" disabled={busy || !line || said.some((s) => !s.code) || (way && (!!area.problem || !volumes(area).length))} data-testid="relay-send">{t("relay.send")}</button></div>
      </form>
    </Dialog>
  );
}
