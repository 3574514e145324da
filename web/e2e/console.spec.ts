// The consoles of two rivals, in a browser without 3D, on real nodes: RU is
// alarmed, acknowledges, and IL sees that it was read, with RU's signed time.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test, type BrowserContext, type Page } from "@playwright/test";
import { Demo } from "./demo.ts";

test.describe.configure({ mode: "serial" });

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let demo: Demo;
let ru: Page;
let il: Page;
const strangers: string[] = []; // requests to anything but the node itself
const broken: string[] = []; // errors of the page

async function open(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  const origin = new URL(url).origin;
  page.on("request", (r) => {
    if (!r.url().startsWith(origin) && !/^(data|blob):/.test(r.url())) strangers.push(r.url());
  });
  page.on("pageerror", (e) => broken.push(String(e)));
  page.on("console", (m) => {
    if (m.type() === "error" && /Content Security Policy/.test(m.text()) && !/axe/.test(m.text())) broken.push(m.text());
  });
  await page.goto(url);
  await expect(page.getByTestId("map")).toBeVisible();
  return page;
}

// What axe finds wrong on the page as it stands.
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const r = await (window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> } }).axe.run();
    return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join("; ")}`);
  });
}

test.beforeAll(async ({ browser }) => {
  test.setTimeout(150_000);
  demo = await Demo.start();
  ru = await open(await browser.newContext(), demo.desk("RU").url);
  il = await open(await browser.newContext(), demo.desk("IL").url);
});

test.afterAll(async () => demo?.stop());

test("the browser has no 3D, and the console is there all the same", async ({}, info) => {
  expect(await ru.evaluate(() => document.createElement("canvas").getContext("webgl2") ?? document.createElement("canvas").getContext("webgl"))).toBeNull();
  await expect(ru.locator(".map canvas").first()).toBeVisible();
  await expect(ru.getByTestId("exercise")).toBeVisible();
  await expect(ru.getByRole("heading", { level: 1 })).toContainText("RU");
  await ru.waitForTimeout(1200); // fonts and the first pictures of the map
  await ru.screenshot({ path: info.outputPath("ru-alert.png") });
});

test("a feed that is down is said in the top bar, and one that is up is not", async () => {
  const page = await ru.context().newPage();
  await page.route("**/v1/status", async (route) => {
    const answer = await route.fetch();
    const feed = { source: "192.0.2.1:30003", standing: "other", reports: 12, bad: 0, refused: 0 };
    const status = { ...(await answer.json()), feeds: [{ ...feed, name: "mast", connected: false, last_error: "the receiver closed the connection" }, { ...feed, name: "roof", connected: true }] };
    await route.fulfill({ response: answer, json: status });
  });
  await page.goto(new URL(ru.url()).origin);
  await expect(page.getByTestId("feed-down")).toHaveCount(1);
  await expect(page.getByTestId("feed-down")).toContainText("Feed mast down");
  expect(await faults(page)).toEqual([]);
  await page.close();
});

test("the token of the link is nowhere in the address, and the link works once", async ({ browser }) => {
  expect(ru.url()).not.toContain("#");
  const again = await (await browser.newContext()).newPage();
  await again.goto(demo.desk("RU").url);
  await expect(again.getByRole("alert")).toContainText("does not open");
  expect(again.url()).not.toContain("#");
  await again.context().close();
});

test("RU is alarmed: what, why, until when, and whom it calls", async () => {
  const card = ru.locator('[data-testid="alert"][data-state="calls"]').filter({ hasText: "Il-20" }).first();
  await expect(card).toBeVisible();
  await expect(card.locator(".countdown")).toHaveText(/\d+:\d\d (left|overdue)/);
  await expect(card.locator(".calls .now")).toHaveCount(1);
  await expect(ru).toHaveTitle(/^\(\d+\) Parley RU/);
});

test("IL sees that its notice was received, and not that it was read", async () => {
  const notice = il.getByTestId("item").filter({ hasText: "Hazard area" }).first();
  await expect(notice.locator('[data-rung="received"]')).toHaveAttribute("data-state", "done");
  await expect(notice.locator('[data-rung="read"]')).not.toHaveAttribute("data-state", "done");
});

test("RU acknowledges by keyboard, and IL's console shows it read, at RU's signed time", async ({}, info) => {
  const calling = ru.locator('[data-testid="alert"][data-state="calls"]').filter({ hasText: "Il-20" }).first();
  const id = await calling.getAttribute("data-alert");
  await ru.locator("body").click({ position: { x: 5, y: 5 } });
  await ru.keyboard.press("a");
  await expect(ru.getByTestId("acknowledge").first()).toBeFocused();
  await ru.locator(`[data-alert="${id}"]`).getByTestId("acknowledge").focus();
  await ru.keyboard.press("Enter");
  await expect(ru.locator(`[data-alert="${id}"]`)).toHaveAttribute("data-state", "acknowledged");
  const read = il.getByTestId("item").filter({ hasText: "Hazard area" }).first().locator('[data-rung="read"]');
  await expect(read).toHaveAttribute("data-state", "done");
  await expect(read).toContainText(/\d\d:\d\d:\d\d(\.\d{3})?Z/);
  await expect(read).toContainText(demo.desk("RU").officer);
  await il.waitForTimeout(600);
  await il.screenshot({ path: info.outputPath("il-read.png") });
});

test("RU's plan, its alert and its own records are not on IL's console", async () => {
  await expect(il.locator("body")).not.toContainText("Il-20");
  await expect(il.getByTestId("alert").filter({ hasText: "Il-20" })).toHaveCount(0);
});

test("RU relays to SY's line, SY's unit confirms, and RU sees it; IL's notice does not leak", async ({ browser }, info) => {
  const sy = await open(await browser.newContext(), demo.desk("SY").url);
  await ru.getByTestId("relay").first().click();
  const dialog = ru.getByRole("dialog");
  for (const [name, text] of [["corridor", "Latakia to Hmeimim"], ["until", "2018-09-17T19:30:00Z"]] as const) await dialog.getByLabel(name, { exact: true }).fill(text);
  await dialog.getByRole("textbox", { name: "Unit" }).fill("Air defence, coast");
  await dialog.getByLabel("With a corridor or area").check();
  await expect(ru.getByTestId("relay-send")).toBeDisabled(); // a corridor was promised and is not there
  const corners = dialog.getByLabel("Coordinates, one corner a line");
  await corners.fill("35.3N 35.7E\n35.7N 35.7E\n35.7N 36.0E\n35.3N 36.0E");
  await corners.blur();
  await ru.getByTestId("relay-send").click();
  await expect(dialog).toBeHidden();

  const relayed = sy.getByTestId("item").filter({ hasText: "Air defence, coast" }).first();
  await expect(relayed).toBeVisible();
  await expect(sy.getByTestId("alert")).not.toHaveCount(0);
  await expect(sy.locator("body")).not.toContainText("Hazard area");
  await relayed.getByRole("button", { name: "Answer…" }).click();
  await sy.getByRole("radio", { name: "unit confirms" }).check();
  await sy.getByRole("dialog").getByRole("textbox", { name: "Unit" }).fill("Air defence, coast");
  await sy.getByTestId("answer-send").click();

  await ru.getByRole("tab", { name: /RU-SY/ }).click();
  const confirmed = ru.getByTestId("item").filter({ hasText: "Air defence, coast" }).first().locator('[data-rung="unit-confirms"]');
  await expect(confirmed).toHaveAttribute("data-state", "done");
  await expect(confirmed).toContainText("Air defence, coast");
  await ru.screenshot({ path: info.outputPath("ru-relayed.png") });
  await ru.getByRole("tab", { name: /IL-RU/ }).click();
  await sy.context().close();
});

test("a notice is checked before it is sent, and says what it collides with", async () => {
  await ru.getByTestId("new-notice").click();
  const form = ru.getByTestId("notice-form");
  const corners = form.getByLabel("Coordinates, one corner a line");
  await corners.fill("35.3N 35.5E\n35.8N 35.5E\n35°48'N 36°00'E\n35.3N 36.0E");
  await corners.blur();
  await expect(form.getByRole("button", { name: "Clear" })).toBeVisible();
  const line = ru.getByRole("heading", { name: /^Notice on/ });
  await expect(line).toBeVisible();
  await ru.getByTestId("check-notice").click();
  await expect(ru.getByTestId("conflicts").or(ru.getByTestId("no-conflicts"))).toBeVisible();
  await expect(ru.getByTestId("send-notice")).toBeVisible();
  await form.getByRole("button", { name: "Cancel" }).click();
});

test("an answer has levels, and understood needs a read-back", async () => {
  const notice = ru.getByTestId("item").filter({ hasText: "Hazard area" }).first();
  await notice.getByRole("button", { name: "Read back…" }).click();
  await expect(ru.getByTestId("answer-send")).toBeDisabled();
  await ru.getByLabel("Read-back").fill("Latakia, surface to FL300, 18:40 to 19:30");
  await ru.getByTestId("answer-send").click();
  await expect(il.getByTestId("item").filter({ hasText: "Hazard area" }).first().locator('[data-rung="understood"]')).toHaveAttribute("data-state", "done");
});

test("RU proposes an alternative, and both see it on the notice; IL corrects its notice to it", async ({}, info) => {
  const notice = ru.getByTestId("item").filter({ hasText: "Hazard area" }).first();
  await notice.getByRole("button", { name: "Answer…" }).click();
  const dialog = ru.getByRole("dialog");
  await dialog.getByRole("radio", { name: "alternative" }).check();
  await expect(ru.getByTestId("answer-send")).toBeDisabled();
  const corners = dialog.getByLabel("Coordinates, one corner a line");
  await corners.fill("35.3N 34.6E\n35.7N 34.6E\n35.7N 35.2E\n35.3N 35.2E");
  await corners.blur();
  await ru.getByTestId("answer-send").click();
  await expect(dialog).toBeHidden();
  await expect(notice.getByTestId("alternative")).toBeVisible();

  const own = il.getByTestId("item").filter({ hasText: "Hazard area" }).first();
  await own.getByTestId("alternative").getByRole("button", { name: "Correct ours to it…" }).click();
  await expect(il.getByRole("heading", { name: /^Correction of IL-RU\/IL\/urgent\// })).toBeVisible();
  const form = il.getByTestId("notice-form");
  await expect(form.getByLabel("Place by name")).toHaveValue("Latakia"); // as the notice stands
  await expect(form.getByLabel("Coordinates, one corner a line")).toHaveValue(/35°42.0′N 034°36.0′E/); // as RU proposed
  await il.screenshot({ path: info.outputPath("il-correct.png") });
  await il.getByTestId("check-notice").click();
  await il.getByTestId("send-notice").click();
  await expect(form).toBeHidden();
  await expect(own).toContainText("corrected by IL/");
  await expect(ru.getByTestId("item").filter({ hasText: "Hazard area" }).first()).toContainText("corrected by IL/");
});

test("IL cancels its notice from its card, asked once, and RU sees it", async () => {
  const own = il.getByTestId("item").filter({ hasText: "Hazard area" }).first();
  await own.getByTestId("cancel-notice").click();
  await il.getByRole("button", { name: "Keep the notice" }).click();
  await expect(own).not.toContainText("cancelled by");
  await own.getByTestId("cancel-notice").click();
  await il.getByTestId("cancel-send").click();
  await expect(own).toContainText("cancelled by IL/");
  await expect(own.getByTestId("cancel-notice")).toHaveCount(0);
  await expect(ru.getByTestId("item").filter({ hasText: "Hazard area" }).first()).toContainText("cancelled by IL/");
});

test("the watch is handed over by two signatures for one list of open items", async ({}, info) => {
  await ru.getByTestId("watch").click();
  const dialog = ru.getByRole("dialog");
  await dialog.getByLabel("Promises made orally").fill("Told SY by telephone: the aircraft lands before 19:15Z.");
  await ru.getByTestId("hand-over").click();
  await expect(ru.getByTestId("second")).toContainText("has not signed for it yet");
  await expect(ru.locator(".officer")).toContainText("On watch: Lt. Col. Orlov"); // until the other has signed
  await ru.screenshot({ path: info.outputPath("ru-handover.png") });
  await ru.getByTestId("second-passphrase").fill("not it");
  await ru.getByTestId("second-send").click();
  await expect(dialog.getByRole("alert")).toBeVisible();
  await ru.getByTestId("second-passphrase").fill(demo.passphrase());
  await ru.getByTestId("second-send").click();
  await expect(dialog).toBeHidden();
  await expect(ru.locator(".officer")).toContainText("On watch: Maj. Sokolov");
  await ru.getByRole("tab", { name: "Our own" }).click();
  const signed = ru.getByTestId("item").filter({ hasText: "Told SY by telephone" });
  await expect(signed).toContainText("Hands the watch over to sokolov");
  const hashes = await ru.evaluate(async () => {
    const p = (await (await fetch("/v1/picture")).json()) as { lines: { home: boolean; items: { kind: string; body: { act: string; open: string[]; open_hash: string } }[] }[] };
    return p.lines.find((l) => l.home)!.items.filter((i) => i.kind === "watch" && i.body.open_hash).map((i) => `${i.body.act} ${i.body.open_hash}`);
  });
  expect(hashes.length === 0 || (hashes[0]!.startsWith("hand-over ") && hashes[1] === hashes[0]!.replace("hand-over", "take"))).toBe(true);
  await ru.getByRole("tab", { name: /IL-RU/ }).click();
});

test("a look back shows what was known then, says so, and lets nobody act", async ({}, info) => {
  await ru.locator("body").click({ position: { x: 5, y: 5 } });
  await ru.keyboard.press("t");
  await ru.getByTestId("past-time").fill("18:39:00");
  await ru.keyboard.press("Enter");
  await expect(ru.getByTestId("past")).toContainText("You are looking at 18:39:00Z as known then");
  const notice = ru.getByTestId("item").filter({ hasText: "Hazard area" }).first();
  await expect(notice).not.toContainText("cancelled by");
  await expect(notice.locator('[data-rung="read"]')).toHaveAttribute("data-state", "due");
  await expect(ru.locator('[data-testid="alert"][data-state="calls"]').filter({ hasText: "Il-20" }).first()).toBeVisible();
  for (const id of ["acknowledge", "relay"]) await expect(ru.getByTestId(id).first()).toBeDisabled();
  await expect(ru.getByTestId("new-notice")).toBeDisabled();
  await expect(ru.getByTestId("stop")).toBeEnabled();
  await expect(notice.getByRole("button", { name: "Answer…" })).toHaveCount(0);
  await ru.waitForTimeout(500);
  await ru.screenshot({ path: info.outputPath("ru-past.png") });
  await ru.getByTestId("past-slider").focus();
  for (let i = 0; i < 3; i++) await ru.keyboard.press("ArrowLeft");
  await expect(ru.getByTestId("past")).toContainText("18:38:57Z");
  await expect(ru.getByTestId("item").filter({ hasText: "Hazard area" })).toHaveCount(0);
  await ru.getByTestId("past-end").click();
  await expect(ru.getByTestId("past")).toHaveCount(0);
  await expect(notice).toContainText("cancelled by IL/");
});

test("a finding and a record that cannot be read stand out as such, and can't be answered", async ({}, info) => {
  // No honest node makes them, so they are put into the answer that the page gets.
  await ru.route("**/v1/picture", async (route) => {
    const answer = await route.fetch();
    const p = (await answer.json()) as { lines: { name: string; items: Record<string, unknown>[] }[] };
    const line = p.lines.find((l) => l.name === "IL-RU")!;
    const like = { ...line.items[line.items.length - 1]!, officer: "", re: undefined, states: undefined, problem: undefined };
    line.items.push(
      { ...like, id: "IL-RU/RU/urgent/900", party: "RU", kind: "finding", words: "Finding on IL: fork. Two checkpoints of one size.", body: { what: "fork", party: "IL", lane: "urgent", text: "Two checkpoints of one size.", proof: ["AA==", "AA=="] } },
      { ...like, id: "IL-RU/IL/urgent/901", party: "IL", kind: "notice", precedence: "", words: "", body: undefined, problem: "the signature is not true" },
    );
    await route.fulfill({ response: answer, json: p });
  });
  await ru.reload();
  const invalid = ru.locator('[data-id="IL-RU/IL/urgent/901"]');
  await expect(invalid).toContainText("INVALID RECORD");
  await expect(invalid).toContainText("Kept, receipted, never acted on: the signature is not true");
  await expect(invalid.getByRole("button")).toHaveCount(0);
  await expect(ru.locator('[data-id="IL-RU/RU/urgent/900"]')).toContainText("2 pieces of proof kept");
  await expect(ru.getByRole("tab", { name: /IL-RU/ })).toContainText("2 findings or invalid records");
  await ru.waitForTimeout(400);
  await ru.screenshot({ path: info.outputPath("ru-finding.png") });
  expect(await faults(ru)).toEqual([]);
  await ru.unroute("**/v1/picture");
  await ru.reload();
  await expect(invalid).toHaveCount(0);
});

for (const look of ["dark", "light"] as const)
  test(`the ${look} theme has no fault that axe finds, left to right and right to left`, async ({}, info) => {
    for (const dir of ["ltr", "rtl"]) {
      const other = ru.getByRole("button", { name: look === "light" ? "Light theme" : "Dark theme" });
      if (await other.isVisible()) await other.click();
      await ru.evaluate((d) => (document.documentElement.dir = d), dir);
      await ru.waitForTimeout(700); // transitions of colour and the map's redrawing
      const found = await faults(ru);
      expect(found, `${look} ${dir}`).toEqual([]);
      await ru.locator("body").click({ position: { x: 5, y: 5 } });
      await ru.keyboard.press(dir === "ltr" ? "t" : "w"); // the look back, and a dialog
      await expect(dir === "ltr" ? ru.getByTestId("past") : ru.getByRole("dialog")).toBeVisible();
      expect(await faults(ru), `${look} ${dir}, ${dir === "ltr" ? "looking back" : "the watch"}`).toEqual([]);
      await ru.keyboard.press("Escape");
      await expect(ru.getByTestId("past").or(ru.getByRole("dialog"))).toHaveCount(0);
      expect(await ru.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      await ru.screenshot({ path: info.outputPath(`${look}-${dir}.png`) });
    }
    await ru.evaluate(() => (document.documentElement.dir = "ltr"));
  });

test("it also works on a small screen", async ({}, info) => {
  await ru.setViewportSize({ width: 1100, height: 700 });
  await expect(ru.getByTestId("stop")).toBeInViewport();
  await expect(ru.getByTestId("new-notice")).toBeInViewport();
  expect(await ru.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await ru.waitForTimeout(500);
  await ru.screenshot({ path: info.outputPath("small.png") });
});

test("a stop goes out with two clicks and alarms the other side", async () => {
  await ru.getByTestId("stop").click();
  await ru.getByTestId("stop-send").click();
  await expect(il.getByTestId("alert").filter({ hasText: /stop/i }).first()).toBeVisible();
});

test("a line that we leave is shown as closed, with the duties left open", async ({}, info) => {
  const left = await ru.evaluate(async () => (await fetch("/v1/lines/close", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ line: "RU-SY", text: "Until further notice.", duties: ["The hold until 19:30Z stands"] }) })).status);
  expect(left).toBe(200);
  await ru.getByRole("tab", { name: /RU-SY.*\(closed\)/ }).click();
  await expect(ru.getByTestId("closed-line")).toContainText("RU-SY is closed.");
  await expect(ru.getByTestId("closed-line")).toContainText("The hold until 19:30Z stands");
  await expect(ru.getByTestId("new-notice")).toBeDisabled();
  await ru.screenshot({ path: info.outputPath("ru-closed.png") });
});

test("nothing was asked of anybody but the node, and nothing broke", () => {
  expect(strangers).toEqual([]);
  expect(broken).toEqual([]);
});

test("a lost node is shown at once", async () => {
  await demo.stop();
  await expect(ru.getByTestId("lost")).toBeVisible();
  await expect(ru.getByTestId("lost")).toContainText("does not answer");
});
