// Every text of the console comes from messages/LANG.json through here; the
// compiler knows the keys. Nothing that a person reads is written elsewhere.
import { IntlMessageFormat } from "intl-messageformat";
import en from "./messages/en.json";

export type Key = keyof typeof en;
type Values = Record<string, string | number>;

const compiled = new Map<string, IntlMessageFormat>();
const language = "en";

export function t(key: Key, values?: Values): string {
  const text = en[key];
  if (!values) return text;
  let m = compiled.get(key);
  if (!m) compiled.set(key, (m = new IntlMessageFormat(text, language)));
  return String(m.format(values));
}

// For words that come from the node's closed lists (a class, a level, a state):
// shown as they are where we have no translation.
export function word(prefix: string, value: string): string {
  const key = `${prefix}.${value}`;
  return key in en ? en[key as Key] : value;
}
