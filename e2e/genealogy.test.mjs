// A bearing of the demo in the browser: which heat, machines, people and
// parameters made it; and the recall list of its heat beside what the demo did.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page, product;
const lot = (id, what = "") => demo.api(`/api/v1/material/lots/${encodeURIComponent(id)}${what}`);

before(async () => {
  demo = await startDemo(undefined, "--orders", "--hurry", "1s");
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("a finished bearing leads to its heat, and to who and what made it", async () => {
  const bearing = await until("a bearing in stock", async () => (await demo.api("/api/v1/material/stock?limit=1000")).items.find((b) => /^(6|nu)\d+/.test(b.item.code)), 120_000);
  product = bearing.item.code;
  const up = await lot(bearing.lot, "/genealogy?direction=up");
  const made = new Set(up.lots.map((f) => f.lot.item));
  assert.deepEqual([...made].sort(), ["ball", "bearing-open", "gcr15", "grease", "ring", "ring-ground", "ring-hardened", "ring-turned", product].sort());
  const turned = await lot(up.lots.find((f) => f.lot.item === "ring-turned").lot.id, "/birth");
  assert.ok(turned.operators.length === 1 && ["陈建国", "张伟", "operator"].includes(turned.operators[0]), `${turned.operators}`);
  const speed = turned.machines[0].parameters.find((p) => p.name === "spindle.speed");
  // What held before a quick job and through it is known without a sample of its own.
  assert.ok(speed && 0 < speed.min && speed.min <= speed.mean && speed.mean <= speed.max && speed.known > 0, JSON.stringify(speed));

  await page.goto(`${demo.base}/material?lot=${encodeURIComponent(bearing.lot)}`);
  const drawer = page.getByRole("dialog");
  await drawer.getByText(/吕晓明|潘丽萍|operator/).first().waitFor();
  await drawer.getByText("由什么做成").click();
  await drawer.getByText(/gcr15 · H/).first().waitFor();
  await accessible(page, "material-bearing");
});

test("the recall list of a heat is what was made of it", async () => {
  const up = await lot((await demo.api(`/api/v1/material/stock?item=${product}`)).items[0].lot, "/genealogy?direction=up");
  const heat = up.lots.find((f) => f.lot.item === "gcr15").lot.id;
  // By the bookings: orders turn rings of the heats that they consumed. One of a single heat holds that heat in all that
  // it makes; which bearings of a mixed one do, a test of the node holds against the machines' own record.
  const turned = async () => {
    const heats = new Map();
    const { items } = await demo.api("/api/v1/material/entries?item=gcr15&limit=1000");
    for (const e of items) if (e.what === "consumed") heats.set(e.order, (heats.get(e.order) ?? new Set()).add(`${e.item}:${e.lot}`));
    return new Map([...heats].filter(([, of]) => of.has(heat)));
  };
  const done = [];
  for (const [number, of] of await turned()) {
    if (of.size > 1) continue;
    const { items: own } = await demo.api(`/api/v1/material/entries?order=${number}&limit=1000`);
    for (const e of own) if (e.what === "produced") done.push(`${e.item}:${e.lot}`);
  }
  const { lots } = await lot(heat, "/genealogy?direction=down");
  const found = new Set(lots.map((f) => f.lot.id));
  found.delete(heat);
  const orders = await turned();
  // What was made between the questions is in the later ones alone.
  assert.deepEqual(done.filter((id) => !found.has(id)), []);
  assert.ok([...found].every((id) => orders.has(id.split(":")[1].split("-").slice(0, 2).join("-"))), [...found].join(" "));
  assert.ok(lots.some((f) => f.where === "shipped") && lots.some((f) => f.where === "stock"), "some went out, some lie here");
});
