// How the node's values are put into words that several parts of the page use.
import { clockText, ms, viewed } from "./clock.ts";
import { t, word } from "./i18n.ts";
import type { Item, Missing, Notice, Volume } from "./types.ts";

export function bandText(b: Volume["band"]): string {
  const lower = b.lower === "0ft AGL" ? t("band.ground") : b.lower;
  return `${lower}–${b.unlimited ? t("band.unlimited") : (b.upper ?? "")}`;
}

export function windowState(v: Volume): "upcoming" | "active" | "over" {
  const at = viewed.peek(); // who shows it says how often it is drawn again
  return at < ms(v.window.from) ? "upcoming" : at < ms(v.window.to) ? "active" : "over";
}

export const whatOf = (n: Notice) => word("class", n.notice.class);

// "IL/urgent/12" of "IL-RU/IL/urgent/12": the line is plain from where it stands.
export const shortId = (id: string) => id.split("/").slice(1).join("/");

export const ladder = ["received", "read", "understood", "relayed", "unit-confirms", "answered"] as const;
export const answers = new Set(["no-objection", "objection", "alternative", "unknown-message"]);

export interface Rung {
  name: string;
  done?: { at: number; officer: string; unit: string; text: string; state: string };
  due?: { at: number; overdue: boolean };
}

// The ladder of states of a record at one recipient: what is signed, and what is
// asked for and not there. Nothing is inferred from anything else.
export function rungs(item: Item, party: string, missing: Missing[]): Rung[] {
  const states = item.states?.find((s) => s.party === party)?.states ?? [];
  return ladder.map((name) => {
    const hits = states.filter((x) => (name === "answered" ? answers.has(x.state) : x.state === name));
    const s = name === "answered" ? hits[hits.length - 1] : hits[0];
    const m = missing.find((x) => x.party === party && (name === "answered" ? answers.has(x.level) : x.level === name));
    return {
      name,
      ...(s ? { done: { at: ms(s.at), officer: s.officer ?? "", unit: s.unit ?? "", text: s.text ?? "", state: s.state } } : {}),
      ...(!s && m ? { due: { at: ms(m.due), overdue: m.overdue || ms(m.due) < viewed.peek() } } : {}),
    };
  });
}

// bodyOf gives the body of a record; what it holds depends on the kind, and of a
// record that could not be read there is none.
export function bodyOf<T>(i: Item | undefined): Partial<T> {
  return (i?.body ?? {}) as Partial<T>;
}

export interface SayBody { phrase: { code: string }; volumes: Volume[] }
export interface AckBody { level: string; read_back: string[]; reason: string; alternative: Volume[]; text: string }
export interface CloseBody { text: string; duties: string[] }
export interface WatchBody { act: string; to: string; open: string[]; promises: string; open_hash: string }
export interface FindingBody { what: string; party: string; lane: string; text: string; proof: string[] }

export const timeOf = (at: number) => clockText(at, true);
