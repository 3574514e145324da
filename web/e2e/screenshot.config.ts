// For `make screenshot` alone: writes the README's picture and tests nothing.
import { defineConfig } from "@playwright/test";
import base from "../playwright.config.ts";

export default defineConfig({ ...base, testDir: ".", testMatch: "screenshot.ts", outputDir: "../test-results/screenshot", reporter: "list" });
