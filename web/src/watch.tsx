// The watch: taken, handed over by two signatures, left. Who hands over stays on
// watch until the other has signed for the same list of open items.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { arm, testTone } from "./alarm.ts";
import { post } from "./api.ts";
import { clockText, ms } from "./clock.ts";
import { t, word } from "./i18n.ts";
import { openHash } from "./openhash.ts";
import { close, Dialog, Field, value } from "./parts.tsx";
import { List } from "./row.tsx";
import { bodyOf, type WatchBody } from "./say.ts";
import { act, officer, openAlerts, picture, refreshPicture, refreshStatus, session, status, told } from "./store.ts";
import type { Item, Session } from "./types.ts";

const MAX_OPEN = 64; // as the record bounds them
const MAX_SHORT = 500;

const nameOf = (id: string) => status.value?.officers?.find((o) => o.id === id)?.name ?? id;

// What the next officer has to go on with: what calls, and what is owed either way.
export function openItems(): string[] {
  const p = picture.value;
  const out = openAlerts.value.map((a) => `${a.calls ? t("open.calling") : t("open.alert")}: ${a.alert.why}`);
  for (const n of [...(p?.notices ?? []), ...(p?.relays ?? [])]) for (const m of n.missing ?? []) out.push(t("open.owed", { party: m.party, level: word("state", m.level), id: n.id }));
  const cut = (s: string) => (new TextEncoder().encode(s).length <= MAX_SHORT ? s : `${[...s].slice(0, 160).join("")}…`);
  return out.map((s) => cut(s.replace(/\s+/g, " ").trim())).slice(0, MAX_OPEN);
}

interface Handing { item: Item; from: string; to: string; body: Partial<WatchBody> }

// The hand-over that waits for its second signature, if one does.
export function handing(): Handing | null {
  let h: Handing | null = null;
  for (const i of picture.value?.lines?.find((l) => l.home)?.items ?? []) {
    if (i.kind !== "watch" || i.problem) continue;
    const b = bodyOf<WatchBody>(i);
    if (b.act === "hand-over") h = { item: i, from: i.officer ?? "", to: b.to ?? "", body: b };
    else if (h && (i.officer === h.to || (b.act === "leave" && i.officer === h.from))) h = null;
  }
  return h && picture.value?.on_watch?.some((w) => w.officer === h.from) ? h : null;
}

function Particulars(p: { of: Handing }): JSX.Element {
  const b = p.of.body;
  return (
    <div class="handing">
      <p class="faint num">{t("watch.signed", { who: nameOf(p.of.from), at: clockText(ms(p.of.item.composed), true) })}</p>
      {b.open?.length ? <List title={t("watch.open")} of={b.open} /> : <p class="hint">{t("watch.open.none")}</p>}
      {b.promises ? <List title={t("watch.promises")} of={[b.promises]} /> : null}
    </div>
  );
}

const takeOver = (h: Handing) => act("/v1/records", { line: "home", kind: "watch", re: h.item.id, body: { act: "take", ...(h.body.open_hash ? { open_hash: h.body.open_hash } : {}) } }, t("watch.taken"));

// The other officer signs at this desk: their passphrase, and the watch is theirs.
function Second(p: { of: Handing }): JSX.Element {
  const [pass, setPass] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const send = async (e: Event) => {
    e.preventDefault();
    void arm();
    setBusy(true);
    setProblem("");
    try {
      session.value = await post<Session>("/v1/sign-on", { officer: p.of.to, passphrase: pass });
      refreshStatus();
      refreshPicture();
      if (await takeOver(p.of)) close();
    } catch (err) {
      setProblem(told(err));
    }
    setPass("");
    setBusy(false);
  };
  return (
    <form onSubmit={(e) => void send(e)} data-testid="second">
      <p><strong>{t("watch.waits", { who: nameOf(p.of.to) })}</strong> {t("watch.until")}</p>
      <Particulars of={p.of} />
      <Field label={t("watch.pass", { who: nameOf(p.of.to) })} wide>{(id) => <input id={id} data-first type="password" autocomplete="off" value={pass} onInput={(e) => setPass(value(e))} data-testid="second-passphrase" />}</Field>
      {problem ? <p class="problem" role="alert">{problem}</p> : null}
      <div class="row end"><button type="button" class="quiet" onClick={close}>{t("watch.later")}</button><button type="submit" class="primary" disabled={busy || !pass} data-testid="second-send">{busy ? t("signon.busy") : t("watch.sign")}</button></div>
    </form>
  );
}

function HandOver(): JSX.Element {
  const others = (status.value?.officers ?? []).filter((o) => o.id !== officer.value);
  const alone = (picture.value?.on_watch ?? []).length <= 1;
  const [to, setTo] = useState(others[0]?.id ?? "");
  const [promises, setPromises] = useState("");
  const [leaving, setLeaving] = useState(false);
  const open = openItems();
  const say = (body: object, done: string) => act("/v1/records", { line: "home", kind: "watch", body }, done);
  const hand = async (e: Event) => {
    e.preventDefault();
    const spoken = promises.trim();
    await say({ act: "hand-over", to, ...(open.length ? { open, open_hash: await openHash(open) } : {}), ...(spoken ? { promises: spoken } : {}) }, t("watch.handed"));
  };
  return (
    <form onSubmit={(e) => void hand(e)}>
      <p>{t("watch.on")}</p>
      <Field label={t("watch.to")} wide>{(id) => <select id={id} data-testid="watch-to" value={to} onChange={(e) => setTo(value(e))}>{others.map((o) => <option key={o.id} value={o.id}>{o.name} ({(o.roles ?? []).map((r) => word("role", r)).join(", ")})</option>)}</select>}</Field>
      {open.length ? <List title={t("watch.open.count", { n: open.length })} of={open} /> : <p class="hint">{t("watch.open.none")}</p>}
      <Field label={t("watch.promises")} hint={t("watch.promises.hint")} wide>{(id) => <textarea id={id} rows={3} dir="auto" value={promises} onInput={(e) => setPromises(value(e))} maxLength={4000} />}</Field>
      {leaving ? <p class="problem" role="alert">{t(alone ? "watch.leave.alone" : "watch.leave.sure")}</p> : null}
      <div class="row end">
        <button type="button" class={leaving ? "danger" : ""} onClick={() => (leaving ? void say({ act: "leave" }, t("watch.left")).then((ok) => ok && close()) : setLeaving(true))}>{t(leaving ? "watch.leave.yes" : "watch.leave")}</button>
        <button type="submit" class="primary" disabled={!to} data-testid="hand-over">{t("watch.hand")}</button>
      </div>
    </form>
  );
}

function Foot(): JSX.Element {
  const [problem, setProblem] = useState("");
  const off = async () => {
    try {
      session.value = await post<Session>("/v1/sign-off", {});
      refreshStatus();
      close();
    } catch (e) {
      setProblem(told(e));
    }
  };
  return (
    <>
      <hr />
      {problem ? <p class="problem" role="alert">{problem}</p> : null}
      <div class="row end"><button type="button" class="quiet" onClick={() => void testTone()}>{t("alarm.test")}</button><button type="button" onClick={() => void off()}>{t("signoff")}</button></div>
    </>
  );
}

export function WatchDialog(): JSX.Element {
  const watch = picture.value?.on_watch ?? [];
  const on = watch.some((w) => w.officer === officer.value);
  const h = handing();
  const take = () => void act("/v1/records", { line: "home", kind: "watch", body: { act: "take" } }, t("watch.taken")).then((ok) => ok && close());
  return (
    <Dialog title={t("watch.title")}>
      <p class="faint">{watch.length ? watch.map((w) => t("watch.since", { who: nameOf(w.officer), at: clockText(ms(w.since)) })).join(" · ") : t("officer.nowatch")}</p>
      {h && h.to === officer.value ? (
        <>
          <p><strong>{t("watch.offered", { who: nameOf(h.from) })}</strong></p>
          <Particulars of={h} />
          <div class="row end"><button type="button" class="primary" data-testid="take-over" onClick={() => void takeOver(h).then((ok) => ok && close())}>{t("watch.sign")}</button></div>
        </>
      ) : h && h.from === officer.value ? <Second of={h} /> : on ? <HandOver /> : (
        <><p>{t("watch.off")}</p><div class="row end"><button type="button" class="primary" onClick={take}>{t("watch.take")}</button></div></>
      )}
      <Foot />
    </Dialog>
  );
}
