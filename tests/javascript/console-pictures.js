// Takes the pictures of the console that are in the documents, with something going on in it: `make screenshots`.

import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { startChromium } from "./chromium.js";
import { ConsolePage } from "./console-page.js";
import { endpoints } from "./endpoints.js";
import { JsonClient } from "./json-client.js";

const [folder] = process.argv.slice(2);
const [{ connectionString, options }] = endpoints;
const service = new WebPubSubServiceClient(connectionString, "chat", options);

const WIDE = { width: 1120, height: 700 };
const NARROW = { width: 360, height: 700 };
const LOOKS = [
  { name: "light", viewport: WIDE, colorScheme: "light" },
  { name: "dark", viewport: WIDE, colorScheme: "dark" },
  { name: "narrow-light", viewport: NARROW, colorScheme: "light" },
  { name: "narrow-dark", viewport: NARROW, colorScheme: "dark" },
];
const PEOPLE = ["ann", "ben", "cleo", "dan", "eve", "finn", "gwen", "hugo"];
const WORDS = ["Good morning!", "Is the build green?", "It is.", "Lunch at noon?", "On my way."];

const clients = [];
for (const [index, userId] of PEOPLE.entries()) {
  const access = { userId, groups: ["lobby", index % 2 ? "builds" : "lunch"], roles: ["webpubsub.sendToGroup"] };
  const protocol = index % 3 ? "json.webpubsub.azure.v1" : "json.reliable.webpubsub.azure.v1";
  clients.push(await JsonClient.connect(service, access, protocol));
}
let said = 0;
const talking = setInterval(() => {
  said += 1;
  const data = said % 3 ? WORDS[said % WORDS.length] : { build: 1000 + said, ok: true };
  clients[said % clients.length].send({
    type: "sendToGroup",
    group: said % 2 ? "lobby" : "builds",
    dataType: typeof data === "string" ? "text" : "json",
    data,
  });
}, 150);

const ROOMS = {
  connections: async (page, console_) => {
    await console_.goTo("hubs/chat", "Hub chat");
    await console_.row("hugo").waitFor();
  },
  live: async (page, console_) => {
    await console_.goTo("live?hub=chat", "Live messages");
    await page.locator("tbody tr").nth(14).waitFor();
  },
  charts: async (page, console_) => {
    await console_.goTo("charts", "Charts");
    await pause(8_000);
  },
  playground: async (page, console_) => {
    await console_.goTo("playground", "Playground");
    await page.getByLabel("User", { exact: true }).fill("ann");
    await page.getByRole("button", { name: "Make the URL" }).click();
    await page.getByLabel("Protocol").selectOption({ label: "Reliable JSON" });
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText(/^Connected as/).waitFor();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText('"success":true').waitFor();
    await page.evaluate(() => scrollTo(0, 0));
  },
};

// Every look of the first room, and of the others as many as tell something.
const TAKEN = {
  light: ["connections", "live", "charts"],
  dark: ["connections", "playground"],
  "narrow-light": ["connections", "playground"],
  "narrow-dark": ["connections", "live"],
};

const browser = await startChromium();
for (const { name, ...look } of LOOKS) {
  const console_ = await ConsolePage.open(browser, look);
  for (const room of TAKEN[name]) {
    await ROOMS[room](console_.page, console_);
    await console_.page.screenshot({ path: join(folder, `console-${room}-${name}.png`) });
  }
  await console_.close();
}
clearInterval(talking);
clients.forEach((client) => client.close());
await browser.close();
