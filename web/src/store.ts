// What the console knows: the node's answers as signals, kept current by its
// event stream. An event says only what changed; the console asks for it again.
import { computed, signal } from "@preact/signals";
import { get, post, Refused, Unreachable } from "./api.ts";
import { ms, now, past, setClock } from "./clock.ts";
import type { Alert, Item, Phrasebook, Picture, Session, Status, TrackView } from "./types.ts";

export const session = signal<Session | null>(null);
export const status = signal<Status | null>(null);
const live = signal<Picture | null>(null); // as it is
const known = signal<Picture | null>(null); // as it was known at past
export const picture = computed(() => (past.value ? known.value : live.value));
// waiting: what is shown is not yet of the instant that was asked for.
export const waiting = computed(() => !!past.value && ms(known.value?.known_at) !== past.value);
export const tracks = signal<TrackView[]>([]);
export const phrases = signal<Phrasebook | null>(null);

// live: the stream runs. lost: it broke, and what is shown may be old.
export const stream = signal<"starting" | "live" | "lost">("starting");
export const lostSince = signal(0);
export const locked = signal(false); // no session: a link is needed
export const lineName = signal(""); // the conversation that is open
export const selected = signal<{ kind: "track" | "record"; id: string } | null>(null);
export const notes = signal<{ id: number; text: string; bad: boolean }[]>([]);

export const officer = computed(() => session.value?.officer ?? "");
export const exercise = computed(() => !!status.value?.lines?.some((l) => l.exercise && !l.home));
export const openAlerts = computed(() => (picture.value?.alerts ?? []).filter((a) => !a.ended_at));
// What calls calls now, also while an officer looks back.
export const calling = computed(() => (live.value?.alerts ?? []).filter((a) => !a.ended_at && a.calls));

// A line is closed for us when its charter has ended, or when we have left it.
export const closed = (line: string) => !!status.value?.lines?.find((l) => l.name === line)?.closed || !!picture.value?.lines?.find((l) => l.name === line)?.closed;

let noteId = 0;
export function note(text: string, bad = false): void {
  const id = ++noteId;
  notes.value = [...notes.value.slice(-3), { id, text, bad }];
  setTimeout(() => (notes.value = notes.value.filter((n) => n.id !== id)), bad ? 12_000 : 5_000);
}

export function told(e: unknown): string {
  if (e instanceof Refused) return [e.message, e.remedy].filter(Boolean).join(" · ");
  return e instanceof Error ? e.message : String(e);
}

export function itemById(id: string): Item | undefined {
  for (const c of picture.value?.lines ?? []) {
    const i = c.items?.find((x) => x.id === id);
    if (i) return i;
  }
  return undefined;
}

export function alertsAbout(id: string): Alert[] {
  return openAlerts.value.filter((a) => a.about?.includes(id));
}

async function load<T>(path: string, into: (v: T) => void): Promise<void> {
  try {
    into(await get<T>(path));
  } catch (e) {
    if (e instanceof Refused && e.status === 401) {
      locked.value = true;
      live.value = null; // what cannot be kept current is not shown as if it were
    }
    else if (!(e instanceof Unreachable)) note(told(e), true);
    else lose();
  }
}

export const loadSession = () => load<Session>("/v1/session", (v) => (session.value = v));
export const loadStatus = () =>
  load<Status>("/v1/status", (v) => {
    setClock(v.now, v.clock === "stepped" ? 0 : v.rate);
    status.value = v;
  });
export const loadPicture = () =>
  load<Picture>("/v1/picture", (v) => {
    live.value = v;
    if (!lineName.value) lineName.value = (v.lines?.find((l) => !l.home) ?? v.lines?.[0])?.name ?? "";
  });
export const loadTracks = () => load<TrackView[]>("/v1/tracks", (v) => (tracks.value = v));

// Each kind of question is under way at most once, and asked again at the end
// when something changed meanwhile.
function eager(ask: () => Promise<void>, rest: number): () => void {
  let busy = false;
  let again = false;
  const run = async () => {
    if (locked.value) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    await ask();
    await new Promise((r) => setTimeout(r, rest));
    busy = false;
    if (again) {
      again = false;
      void run();
    }
  };
  return () => void run();
}

const loadKnown = async () => {
  const at = past.value;
  if (!at) return;
  const t = new Date(at).toISOString();
  await load<Picture>(`/v1/picture?known_at=${t}&instant=${t}`, (v) => (known.value = v));
};
const refreshKnown = eager(loadKnown, 60);

// lookBack shows what was known at an instant; 0 returns to now. Nothing can be
// said or acknowledged meanwhile, and what calls now still sounds.
export function lookBack(at: number): void {
  past.value = at && Math.floor(Math.min(at, now.value));
  if (!at) known.value = null;
  else refreshKnown();
}

// When something became known here: what a look back can step through.
export const steps = computed(() => {
  const at = new Set<number>();
  for (const c of live.value?.lines ?? [])
    for (const i of c.items ?? []) if (i.kind !== "charter" && i.kind !== "minute" && i.known_at) at.add(ms(i.known_at));
  return [...at].filter((x) => x > 0).sort((a, b) => a - b);
});

// Nothing is asked any more once a new link is needed.
export const refreshStatus = eager(loadStatus, 250);
export const refreshPicture = eager(loadPicture, 120);
export const refreshTracks = eager(loadTracks, 900);

function refreshAll(): void {
  void loadSession();
  refreshStatus();
  refreshPicture();
  refreshTracks();
  if (past.value) refreshKnown();
}

function lose(): void {
  if (stream.value !== "lost") {
    stream.value = "lost";
    lostSince.value = now.value;
  }
}

export async function start(): Promise<void> {
  await loadSession();
  if (locked.value) return;
  await Promise.all([loadStatus(), loadPicture(), loadTracks(), load<Phrasebook>("/v1/phrases", (v) => (phrases.value = v))]);
  follow();
  // Deadlines that pass and windows that open change the picture without a record.
  setInterval(refreshPicture, 5_000);
  setInterval(refreshStatus, 5_000);
}

function follow(): void {
  let heard = performance.now();
  const source = new EventSource("/v1/events");
  const alive = () => {
    heard = performance.now();
    if (stream.value !== "live") {
      if (stream.value === "lost") refreshAll();
      stream.value = "live";
    }
  };
  source.addEventListener("beat", (e) => {
    alive();
    const b = JSON.parse((e as MessageEvent<string>).data) as { now: string; rate: number };
    setClock(b.now, status.value?.clock === "stepped" ? 0 : b.rate);
  });
  source.addEventListener("resync", () => {
    alive();
    refreshAll();
  });
  source.addEventListener("change", (e) => {
    alive();
    const what = (JSON.parse((e as MessageEvent<string>).data) as { what: string }).what;
    if (what === "tracks") refreshTracks();
    else if (what === "links" || what === "watch") refreshStatus();
    else if (what === "clock") refreshAll();
    if (what === "record" || what === "alerts" || what === "watch") {
      refreshPicture();
      refreshStatus();
    }
  });
  source.onerror = () => {
    lose();
    if (source.readyState !== EventSource.CLOSED) return;
    // The node answered, but with no stream: perhaps it has started anew and
    // knows no session of ours.
    setTimeout(() => void loadSession().then(() => locked.value || follow()), 2_000);
  };
  const guard = setInterval(() => {
    if (source.readyState === EventSource.CLOSED) clearInterval(guard);
    else if (performance.now() - heard > 22_000) {
      lose();
      source.close();
      clearInterval(guard);
      follow();
    }
  }, 2_000);
}

// act does one thing for the officer and says how it went; true when it did.
export async function act(path: string, body: unknown, done: string): Promise<boolean> {
  try {
    await post(path, body);
    note(done);
    refreshPicture();
    refreshStatus();
    return true;
  } catch (e) {
    note(told(e), true);
    return false;
  }
}

// What calls stands first, by deadline; of two that are due together, the one
// that concerns something of ours at a place.
export const byDeadline = (a: Alert, b: Alert) =>
  Number(!a.calls) - Number(!b.calls) || ms(a.alert.deadline) - ms(b.alert.deadline) || Number(!a.alert.at) - Number(!b.alert.at);
