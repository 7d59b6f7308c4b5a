// The types of Linarite's own package, as TypeScript sees them from both module systems.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("a TypeScript program compiles against the package", () => {
  const compiler = fileURLToPath(new URL("node_modules/typescript/bin/tsc", import.meta.url));
  const project = fileURLToPath(new URL("types/tsconfig.json", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [compiler, "--project", project], { encoding: "utf8" });
  assert.equal(status, 0, stdout);
});
