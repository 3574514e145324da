// The areas that the map draws: of notices, of what is said (a stop, a hold), of
// relays, and of alternatives that a party proposes to a notice.
import { ms, shortClock, viewed } from "./clock.ts";
import { t } from "./i18n.ts";
import { bandText, bodyOf, shortId, whatOf, windowState, type AckBody, type SayBody } from "./say.ts";
import type { Picture, Volume } from "./types.ts";

export type MarkState = "active" | "upcoming" | "over" | "room" | "stop" | "alternative" | "words";

export interface Mark { volume: Volume; state: MarkState; own: boolean; text: string; record: string }

const KEPT_MS = 3 * 3600_000; // how long an area stays to be seen after its window

const when = (v: Volume) => `${bandText(v.band)}  ${shortClock(ms(v.window.from))}–${shortClock(ms(v.window.to))}`;
const gone = (v: Volume) => viewed.peek() - ms(v.window.to) > KEPT_MS;

function words(head: string, v: Volume): string {
  return `${head}\n${when(v)}  ${t(`window.${windowState(v)}`).toUpperCase()}`;
}

// marks gives what stands, the most pressing first: labels are placed in this order.
export function marks(p: Picture | null): Mark[] {
  if (!p) return [];
  const out: Mark[] = [];
  const add = (m: Omit<Mark, "own">, party: string) => {
    if (!gone(m.volume)) out.push({ ...m, own: party === p.self });
  };
  for (const c of p.lines ?? [])
    for (const i of c.items ?? []) {
      if (i.kind !== "say") continue;
      const b = bodyOf<SayBody>(i);
      const code = b.phrase?.code ?? "";
      const state = code === "STOP-NOW" ? "stop" : code === "HOLD-FIRE" ? "room" : "words";
      for (const v of b.volumes ?? []) add({ volume: v, state: windowState(v) === "over" ? "over" : state, text: words(`${i.party} · ${code ? code.replaceAll("-", " ") : t("kind.say")}`, v), record: i.id }, i.party);
    }
  for (const n of p.notices ?? []) {
    if (n.cancelled_by) continue;
    (n.volumes ?? []).forEach((v, k) => {
      const head = k === 0 ? [`${n.party} · ${whatOf(n)}`, n.notice.place ?? ""].filter(Boolean).join(" · ") : `${n.party} · ${shortId(n.id)}`;
      add({ volume: v, state: windowState(v), text: words(head, v), record: n.id }, n.party);
    });
  }
  for (const r of p.relays ?? []) {
    // What a relay asks for is room for somebody, not a hazard: it looks otherwise.
    for (const v of r.relay.volumes ?? []) if (windowState(v) !== "over") add({ volume: v, state: "room", text: words([`${r.party} · ${t("map.relayed")}`, r.relay.unit ?? ""].filter(Boolean).join(" · "), v), record: r.id }, r.party);
  }
  const off = new Set((p.notices ?? []).filter((n) => n.cancelled_by).map((n) => n.id));
  for (const c of p.lines ?? [])
    for (const i of c.items ?? []) {
      if (i.kind !== "ack" || (i.re && off.has(i.re))) continue;
      for (const v of bodyOf<AckBody>(i).alternative ?? []) if (windowState(v) !== "over") add({ volume: v, state: "alternative", text: words(`${i.party} · ${t("map.alternative", { id: i.re ? shortId(i.re) : "" })}`, v), record: i.re ?? i.id }, i.party);
    }
  return out.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

const order: MarkState[] = ["stop", "active", "upcoming", "room", "alternative", "words", "over"];

