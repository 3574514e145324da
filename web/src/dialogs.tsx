// What an officer does in a dialog: sign on, the watch, stop, answer, relay.
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
import type { Item, Precedence, Session } from "./types.ts";

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

export function WatchDialog(): JSX.Element {
  const others = (status.value?.officers ?? []).filter((o) => o.id !== officer.value);
  const on = picture.value?.on_watch?.some((w) => w.officer === officer.value);
  const [to, setTo] = useState(others[0]?.id ?? "");
  const [promises, setPromises] = useState("");
  const say = async (body: object, done: string) => {
    if (await act("/v1/records", { line: "home", kind: "watch", body }, done)) close();
  };
  const off = async () => {
    try {
      session.value = await post<Session>("/v1/sign-off", {});
      refreshStatus();
      close();
    } catch (e) {
      session.value = session.value ? { ...session.value } : null;
      void told(e);
    }
  };
  return (
    <Dialog title={t("watch.title")}>
      {on ? (
        <>
          <p>{t("watch.on")}</p>
          <Field label={t("watch.to")} wide>{(id) => <select id={id} value={to} onChange={(e) => setTo(value(e))}>{others.map((o) => <option key={o.id} value={o.id}>{o.name}</option>)}</select>}</Field>
          <Field label={t("watch.promises")} hint={t("watch.promises.hint")} wide>{(id) => <textarea id={id} rows={3} dir="auto" value={promises} onInput={(e) => setPromises(value(e))} />}</Field>
          <div class="row end">
            <button type="button" onClick={() => void say({ act: "leave" }, t("watch.left"))}>{t("watch.leave")}</button>
            <button type="button" class="primary" disabled={!to} onClick={() => void say({ act: "hand-over", to, ...(promises.trim() ? { promises: promises.trim() } : {}) }, t("watch.handed"))}>{t("watch.hand")}</button>
          </div>
        </>
      ) : (
        <><p>{t("watch.off")}</p><div class="row end"><button type="button" class="primary" onClick={() => void say({ act: "take" }, t("watch.taken"))}>{t("watch.take")}</button></div></>
      )}
      <hr />
      <div class="row end"><button type="button" class="quiet" onClick={() => void testTone()}>{t("alarm.test")}</button><button type="button" onClick={() => void off()}>{t("signoff")}</button></div>
    </Dialog>
  );
}

// A stop needs nobody's consent and as little typing as possible.
export function Stop(): JSX.Element {
  const lines = (status.value?.lines ?? []).filter((l) => !l.home && !l.closed).map((l) => l.name);
  const [on, setOn] = useState<string[]>(lines.includes(lineName.value) ? [lineName.value] : lines);
  const [area, setArea] = useState("");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    let all = true;
    for (const line of on) {
      const body = { phrase: { code: "STOP-NOW", params: area.trim() ? [{ name: "area", value: area.trim() }] : [] }, ...(text.trim() ? { text: text.trim(), lang: "en" } : {}) };
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
        <Field label={t("stop.text")} wide>{(id) => <input id={id} dir="auto" value={text} onInput={(e) => setText(value(e))} maxLength={500} />}</Field>
        <div class="row end"><button type="button" class="quiet" onClick={close}>{t("cancel")}</button><button type="submit" data-first class="stop" disabled={busy || !on.length} data-testid="stop-send">{t("stop.send")}</button></div>
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
  const [area, setArea] = useState<Area>(emptyArea);
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
