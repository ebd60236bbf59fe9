// What really stops work, in the browser: steel that comes the day after tomorrow,
// the one fixture, branches that meet again, and the drawing of the revision that
// the operator works to, with the network and without.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page;
const place = "xinchang-bearing/xinchang";
const product = "6204-2rs";
const hour = 3_600_000;
const day = 24 * hour;
// Nine in the morning of the day after tomorrow by the plant's clock: no break of a shift.
const arrives = new Date(Math.floor((Date.now() + 8 * hour) / day) * day + 2 * day + hour);
const picture = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const send = (path, rev, body) => demo.send("POST", path, body, { "If-Match": `"${rev}"` });

async function release(number, quantity, hours) {
  const o = await demo.send("POST", "/api/v1/orders", { number, kind: "make", product, quantity, place, due: new Date(Date.now() + hours * hour).toISOString(), priority: 50 });
  await send(`/api/v1/orders/${o.id}/state`, o.rev, { what: "released" });
  return o.id;
}

const dialog = () => page.getByRole("dialog").last();

async function choose(within, label, text) {
  await within.getByLabel(label, { exact: true }).first().click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: text }).first().click();
}

const open = async (path, title) => {
  await page.goto(demo.base + path);
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
};

/** Searches a draft for a second and gives it. */
async function planned() {
  const run = await demo.send("POST", "/api/v1/plan-runs", { kind: "draft", place, search_ms: 1000 });
  const { plan } = await until("a plan", async () => { const r = await demo.api(`/api/v1/plan-runs/${run.id}`); return r.plan && r; });
  return demo.api(`/api/v1/plans/${plan}`);
}

let d;
test("a routing with a branch and a drawing is drafted and released", async () => {
  const { items } = await demo.api("/api/v1/nodes?limit=1000");
  const id = (name) => items.find((n) => n.path.endsWith(`/${name}`)).id;
  const segment = (no, zh, names, run, more = {}) => ({ no, name: { zh }, alternatives: names.map((n) => ({ equipment: id(n), setup_ms: 0, run_ms: run * 1000 })), ...more });
  d = await demo.send("POST", "/api/v1/operations-definitions", {
    product, revision: 1, state: "draft", valid: {}, unit: "{piece}", rev: 0, materials: [{ item: "gcr15", quantity: "0.5", unit: "kg", segment: 10 }],
    segments: [segment(10, "内圈车削", ["lathe-01"], 60), segment(20, "外圈车削", ["lathe-02"], 60, { begins: true, tools: ["F-7"] }), segment(30, "合套磨削", ["grinder-01"], 30, { after: [10, 20], tools: ["F-7"] })],
  });
  await open(`/production/definitions?product=${product}&revision=1`, "产品与工艺");
  const editor = () => page.getByRole("dialog").last();
  await page.getByRole("button", { name: "修改草稿" }).click();
  await page.getByRole("button", { name: "更多" }).nth(1).click();
  assert.ok(await page.getByLabel("随订单开工，不等别的工序").isChecked());
  await page.getByRole("button", { name: "更多" }).first().click();
  const files = page.locator('input[type="file"][aria-label="添加文件"]').first();
  await files.setInputFiles({ name: "内圈图.png", mimeType: "image/png", buffer: picture });
  await page.getByLabel("名称", { exact: true }).last().waitFor();
  await accessible(page, "a drawing of an operation");
  await editor().getByRole("button", { name: "保存草稿" }).click();
  await until("the drawing is in the draft", async () => { d = await demo.api(`/api/v1/operations-definitions/${product}/1`); return d.segments[0].documents?.length === 1; });
  assert.equal(d.segments[1].begins, true);
  const ghost = structuredClone(d);
  ghost.segments[0].documents[0].sha256 = "0".repeat(64);
  ghost.segments[0].documents[0].bytes = 3;
  const spoiled = await demo.send("PUT", `/api/v1/operations-definitions/${product}/1`, ghost, { "If-Match": `"${d.rev}"` });
  await assert.rejects(send(`/api/v1/operations-definitions/${product}/1/state`, spoiled.rev, { state: "released" }), /is not kept here/);
  const mended = await demo.send("PUT", `/api/v1/operations-definitions/${product}/1`, { ...d, rev: spoiled.rev }, { "If-Match": `"${spoiled.rev}"` });
  d = await send(`/api/v1/operations-definitions/${product}/1/state`, mended.rev, { state: "released" });
  const file = await page.request.get(`${demo.base}/api/v1/files/${d.segments[0].documents[0].sha256}`);
  assert.equal(file.headers()["content-type"], "image/png");
  assert.deepEqual(await file.body(), picture);
});

test("branches run side by side", async () => {
  await release("MO-1", 60, 10);
  const plan = await planned();
  const at = (job) => plan.assignments.find((a) => a.job === job);
  assert.equal(plan.violations.length, 0);
  assert.equal(plan.notes.length, 0);
  assert.ok(Date.parse(at(20).start) < Date.parse(at(10).end), "the branches overlap");
  assert.ok(Date.parse(at(30).start) >= Math.max(Date.parse(at(10).end), Date.parse(at(20).end)), "and meet again");
});

test("steel is expected, and the plan waits for it", async () => {
  const { items } = await demo.api("/api/v1/nodes");
  await demo.send("PUT", "/api/v1/material/items/gcr15", { code: "gcr15", name: { zh: "轴承钢" }, unit: "kg", tracking: "lot", rev: 0 });
  await demo.send("POST", "/api/v1/material/locations", { code: "main", name: { zh: "主仓库" }, kind: "warehouse", node: items.find((n) => n.level === "site").id, rev: 0 });
  await open("/material?tab=arrivals", "物料");
  await page.getByText("没有待到的物料").waitFor();
  await accessible(page, "no arrivals");
  await page.getByRole("button", { name: "登记到货计划" }).click();
  await choose(dialog(), "物料", "gcr15");
  await dialog().getByLabel("数量").fill("20");
  const local = new Date(arrives.getTime() + 8 * hour).toISOString();
  await dialog().getByLabel("预计到货").fill(`${local.slice(0, 10)} ${local.slice(11, 16)}`);
  await page.keyboard.press("Enter");
  await choose(dialog(), "到库位", "main");
  await dialog().getByLabel("供应商").fill("钢厂");
  await dialog().getByLabel("采购单号").fill("PO-7");
  await accessible(page, "material is expected");
  await dialog().getByRole("button", { name: "保存" }).click();
  await page.getByRole("row", { name: /gcr15.*PO-7/ }).waitFor();
  await accessible(page, "arrivals");
  await assert.rejects(planned(), /takes 30 of gcr15, and 10 of it are neither there nor expected/);
  await page.getByRole("button", { name: "改期改量" }).click();
  await dialog().getByLabel("总数量（含已到）").fill("30");
  await dialog().getByLabel("理由").fill("加订");
  await dialog().getByRole("button", { name: "保存" }).click();
  await page.getByRole("cell", { name: "30 kg" }).waitFor();
  const plan = await planned();
  const turning = plan.assignments.find((a) => a.job === 10);
  assert.equal(Date.parse(turning.start), arrives.getTime());
  assert.equal(turning.material.arrival.reference, "PO-7");
  await open(`/planning?place=${place}&plan=${plan.id}`, "排产");
  await page.getByRole("tab", { name: /拖期订单/ }).click();
  await page.getByText(/等物料 gcr15 · PO-7/).first().waitFor();
  await accessible(page, "late for material");
  await open("/material?tab=arrivals", "物料");
  await page.getByRole("button", { name: "收货" }).click();
  await dialog().getByLabel("批号/序列号").fill("H1");
  await dialog().getByRole("button", { name: "记账" }).click();
  await page.getByText("没有待到的物料").waitFor();
  const now = await planned();
  assert.ok(Date.parse(now.assignments.find((a) => a.job === 10).start) < Date.now() + hour, "what has come is not waited for");
});

test("the one fixture is entered, and no plan takes it twice", async () => {
  await open(`/planning?tab=limits&place=${place}`, "排产");
  await page.getByText("没有登记，工装和人手都不限").waitFor();
  await page.getByRole("button", { name: "登记数量" }).click();
  await dialog().getByLabel("名称").fill("F-7");
  await accessible(page, "a limit");
  await dialog().getByRole("button", { name: "保存" }).click();
  await page.getByRole("button", { name: "F-7" }).waitFor();
  await accessible(page, "limits");
  await demo.send("POST", "/api/v1/material/entries", { what: "received", item: "gcr15", lot: "H2", to: "main", quantity: "100" });
  await release("MO-2", 60, 10);
  const plan = await planned();
  assert.equal(plan.violations.length, 0);
  assert.deepEqual(d.segments.map((s) => s.tools?.length ?? 0), [0, 1, 1]);
  const takes = plan.assignments.filter((a) => a.job >= 20).map((a) => [Date.parse(a.start), Date.parse(a.end)]).sort((a, b) => a[0] - b[0]);
  assert.equal(takes.length, 4);
  for (let i = 1; i < takes.length; i++) assert.ok(takes[i][0] >= takes[i - 1][1], `the fixture is on one machine at a time: ${JSON.stringify(plan.assignments)} ${JSON.stringify(await demo.api("/api/v1/plan-limits"))}`);
  await send(`/api/v1/plans/${plan.id}/issue`, 0, {});
});

test("the operator sees the drawing, and sees it without the network", async () => {
  const { items } = await demo.api("/api/v1/nodes?limit=1000");
  const lathe = items.find((n) => n.path.endsWith("/lathe-01")).id;
  const { items: jobs } = await demo.api(`/api/v1/equipment/${lathe}/jobs`);
  await demo.send("POST", `/api/v1/orders/${jobs[0].order}/entries`, { job: 10, what: "job", command: "run", equipment: lathe });
  await page.goto(`${demo.base}/kiosk/machine/${lathe}`);
  await page.getByRole("button", { name: "图纸与指导书（1）" }).click();
  await page.getByRole("img", { name: "内圈图" }).waitFor();
  await accessible(page, "a drawing at the kiosk");
  await page.getByRole("button", { name: "返回", exact: true }).click();
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "图纸与指导书（1）" }).click();
  await page.getByRole("img", { name: "内圈图" }).waitFor();
  assert.equal(await page.getByRole("img", { name: "内圈图" }).evaluate((i) => i.naturalWidth), 1);
  await page.context().setOffline(false);
});
