// Starts the console: look, clock, what the node says, alarm, page.
import { effect } from "@preact/signals";
import { h, render } from "preact";
import { startAlarm } from "./alarm.ts";
import { App } from "./app.tsx";
import { startClock } from "./clock.ts";
import { t } from "./i18n.ts";
import { startLook } from "./look.ts";
import { calling, start, status } from "./store.ts";
import "./main.css";

const root = document.getElementById("app");
if (root) {
  startLook();
  startClock();
  startAlarm();
  render(h(App, null), root);
  effect(() => {
    const n = calling.value.length;
    document.title = `${n ? `(${n}) ` : ""}${t("app")} ${status.value?.party ?? ""}`.trim();
    const badge = navigator as { setAppBadge?: (n: number) => Promise<void>; clearAppBadge?: () => Promise<void> };
    void (n ? badge.setAppBadge?.(n) : badge.clearAppBadge?.())?.catch(() => undefined);
  });
  void start();
}
