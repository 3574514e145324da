import { defineConfig } from "@playwright/test";

// The browser is Debian's Chromium (make deps), with 3D off: a duty desk on a
// thin client has none. As root Chromium refuses its own sandbox; tests only
// open nodes that they started on loopback.
const asRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  forbidOnly: !!process.env.PARLEY_CI,
  retries: 0,
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [["list"], ["json", { outputFile: "../bin/results/e2e.json" }]],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    launchOptions: {
      executablePath: process.env.PARLEY_CHROMIUM ?? "/usr/bin/chromium",
      args: ["--disable-3d-apis", "--disable-gpu", ...(asRoot ? ["--no-sandbox"] : [])],
    },
  },
});
