// A Linarite development server for tests. With Node's own test runner `useServer` is all that a file of tests needs.

import { after, before } from "node:test";
import { DevelopmentServer } from "./server.js";

export { CallFailed, Controls, WaitFailed } from "./controls.js";
export { TestingHub } from "./hub.js";
export { DevelopmentServer } from "./server.js";

/** A server that starts before the tests of this file, or of this suite, and stops after them. */
export function useServer(options) {
  const server = new DevelopmentServer(options);
  before(() => server.start());
  after(() => server.stop());
  return server;
}
