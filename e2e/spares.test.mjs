// A fitter takes a spare out of stock for a work order, shows a line of the check list
// with a photo, and sees what is to be bought again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo, browser, page, order;

before(async () => {
  demo = await startDemo();
  const { items } = await demo.api("/api/v1/nodes?limit=1000");
  const machine = items.find((m) => m.equipment && m.path.includes("grind"));
  await demo.send("PUT", "/api/v1/material/items/seal-6205", { code: "seal-6205", name: { zh: "6205密封圈" }, unit: "{piece}", tracking: "none", rev: 0, reorder_point: "4", target_stock: "10" });
  await demo.send("POST", "/api/v1/material/locations", { code: "fitters", name: { zh: "备件库" }, kind: "warehouse", node: machine.id, rev: 0 });
  await demo.send("POST", "/api/v1/material/entries", { what: "received", item: "seal-6205", to: "fitters", quantity: "6" });
  order = await demo.send("POST", "/api/v1/maintenance/orders", { equipment: machine.id, title: "换密封圈", priority: 3, checks: [{ text: "密封面无划伤" }], down_fen_per_h: 30000 });
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** The smallest picture there is: one pixel. */
const pixel = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

test("a spare is taken out of stock for a work order", async () => {
  await page.goto(`${demo.base}/maintenance?order=${order.id}`);
  const spares = page.getByRole("region", { name: "备件", exact: true });
  await spares.getByText("没有领用备件").waitFor();
  await spares.getByLabel("备件", { exact: true }).click();
  await page.getByTitle(/seal-6205/).click();
  await spares.getByLabel("库位").click();
  await page.getByTitle(/fitters（6/).click();
  await spares.getByLabel("数量").fill("3");
  await spares.getByRole("button", { name: "领用" }).click();
  await spares.getByRole("cell", { name: /6205密封圈/ }).waitFor();
  await accessible(page, "spares of a work order", "spares");
  const { items } = await demo.api("/api/v1/material/stock?item=seal-6205");
  assert.equal(items[0].quantity, "3");
});

test("a line of the check list has a photo", async () => {
  await page.getByLabel("添加照片 密封面无划伤").setInputFiles({ name: "face.png", mimeType: "image/png", buffer: pixel });
  await page.getByRole("img", { name: /照片 1：密封面无划伤/ }).waitFor();
  await page.getByRole("checkbox", { name: "密封面无划伤" }).check();
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText(/engineer \d{4}-/).waitFor();
  await accessible(page, "a check list with a photo");
  const o = await demo.api(`/api/v1/maintenance/orders/${order.id}`);
  assert.equal(o.checks[0].photos.length, 1);
  assert.equal(o.taken.length, 1);
});

test("what is at its reorder point is to be bought", async () => {
  await page.goto(`${demo.base}/maintenance?tab=spares`);
  const levels = page.getByRole("region", { name: "备件与安全库存" });
  const row = levels.getByRole("row", { name: /seal-6205/ });
  await row.getByText("需补货").waitFor();
  assert.match(await row.innerText(), /7/); // up to 10 with 3 that are free
  await accessible(page, "spares and reorder points", "spare-levels");
});
