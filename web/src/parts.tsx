// Small parts that everything is made of.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { t, word } from "./i18n.ts";
import type { Precedence } from "./types.ts";

// The dialog that is open, if one is; there is never more than one.
export const dialog = signal<(() => JSX.Element) | null>(null);
export const close = () => (dialog.value = null);

export function Dialog(p: { title: string; kind?: string; children: ComponentChildren }): JSX.Element {
  const at = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const d = at.current;
    d?.showModal();
    (d?.querySelector<HTMLElement>("[data-first]") ?? d?.querySelector<HTMLElement>("input,select,textarea,button.primary"))?.focus();
    return () => d?.close();
  }, []);
  return (
    <dialog ref={at} class={`dialog ${p.kind ?? ""}`} aria-labelledby="dialog-title" onCancel={close} onClose={close}>
      <header>
        <h2 id="dialog-title">{p.title}</h2>
        <button class="quiet icon" type="button" aria-label={t("close")} onClick={close}>✕</button>
      </header>
      {p.children}
    </dialog>
  );
}

let fieldId = 0;
export function Field(p: { label: string; hint?: string; wide?: boolean; children: (id: string) => ComponentChildren }): JSX.Element {
  const id = useRef(`f${++fieldId}`).current;
  return (
    <div class={p.wide ? "field wide" : "field"}>
      <label for={id}>{p.label}</label>
      {p.children(id)}
      {p.hint ? <small>{p.hint}</small> : null}
    </div>
  );
}

export const value = (e: Event) => (e.target as HTMLInputElement).value;
export const checked = (e: Event) => (e.target as HTMLInputElement).checked;

const marks: Record<string, string> = { flash: "▲▲", immediate: "▲", priority: "▸", routine: "·" };

export function PrecedenceChip(p: { of: string }): JSX.Element | null {
  if (!p.of || p.of === "routine") return null;
  return <span class={`chip prec ${p.of}`}><span aria-hidden="true">{marks[p.of]} </span>{word("prec", p.of)}</span>;
}

export function PrecedenceSelect(p: { id: string; of: Precedence; on: (v: Precedence) => void }): JSX.Element {
  return (
    <select id={p.id} value={p.of} onChange={(e) => p.on(value(e) as Precedence)}>
      {(["flash", "immediate", "priority", "routine"] as const).map((v) => <option key={v} value={v}>{word("prec", v)}</option>)}
    </select>
  );
}

export function Wants(p: { of: string[]; levels: string[]; on: (v: string[]) => void }): JSX.Element {
  return (
    <fieldset class="wants">
      <legend>{t("wants.legend")}</legend>
      {p.levels.map((l) => (
        <label key={l} class="check">
          <input type="checkbox" checked={p.of.includes(l)} onChange={(e) => p.on(checked(e) ? [...p.of, l] : p.of.filter((x) => x !== l))} />
          {word("state", l)}
        </label>
      ))}
    </fieldset>
  );
}

export function Empty(p: { title: string; children?: ComponentChildren }): JSX.Element {
  return <div class="empty"><p class="empty-title">{p.title}</p>{p.children ? <p>{p.children}</p> : null}</div>;
}
