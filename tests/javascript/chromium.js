// Chromium as the tests use it: headless, quiet, and of this machine.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.LINARITE_CHROMIUM ?? "/usr/bin/chromium";

// Root may not use the sandbox; the rest keeps the browser from calling home.
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const QUIET = ["--disable-background-networking", "--disable-component-update"];

export function startChromium() {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is missing: install chromium, or name another with LINARITE_CHROMIUM`);
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...QUIET] });
}
