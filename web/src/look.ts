// Theme and direction of the page. The choice of theme stays in this browser.
import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";

const stored = (() => {
  try {
    return localStorage.getItem("parley-theme");
  } catch {
    return null;
  }
})();

export const theme = signal<Theme>(stored === "light" ? "light" : "dark");

export function startLook(): void {
  const dir = new URLSearchParams(location.search).get("dir");
  if (dir === "rtl" || dir === "ltr") document.documentElement.dir = dir;
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    try {
      localStorage.setItem("parley-theme", theme.value);
    } catch {
      // A browser without storage forgets the choice; nothing else depends on it.
    }
  });
}

export const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
