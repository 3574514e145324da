// The README's picture: RU's console, seconds after IL's notice met RU's plan.
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import { Demo } from "./demo.ts";

test("docs/console.png", async ({ page }) => {
  const demo = await Demo.start();
  try {
    await page.goto(demo.desk("RU").url);
    await expect(page.locator('[data-testid="alert"][data-state="calls"]').filter({ hasText: "Il-20" }).first()).toBeVisible();
    await page.locator("body").click({ position: { x: 5, y: 5 } }); // arms the alarm
    await page.waitForTimeout(2000); // fonts, and the map's labels
    await page.screenshot({ path: fileURLToPath(new URL("../../docs/console.png", import.meta.url)) });
  } finally {
    await demo.stop();
  }
});
