// The planner's day: a plan is searched, changed by hand and issued, a machine
// stands and an order comes in between, it is planned anew, and a date is promised;
// and a plan of many operations on the chart.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page;
const place = "xinchang-bearing/xinchang";
const product = "6204-2rs";
const broken = `${place}/turning/line-1/lathe-01`;

before(async () => {
  demo = await startDemo(undefined, "--broken", broken, "--long-stop", "10s");
  const { items } = await demo.api("/api/v1/nodes?limit=1000");
  const id = (name) => items.find((n) => n.path.endsWith(`/${name}`)).id;
  const segment = (no, zh, names, setup, run) => ({ no, name: { zh }, alternatives: names.map((n) => ({ equipment: id(n), setup_ms: setup * 60_000, run_ms: run * 1000 })) });
  const d = await demo.send("POST", "/api/v1/operations-definitions", { product, revision: 1, state: "draft", valid: {}, unit: "{piece}", rev: 0, materials: [], segments: [segment(10, "车削", ["lathe-01", "lathe-02"], 30, 40), segment(20, "磨削", ["grinder-01", "grinder-02"], 20, 30)] });
  await send(`/api/v1/operations-definitions/${product}/1/state`, d.rev, { state: "released" });
  for (let i = 1; i <= 6; i++) await release(`MO-${i}`, 100 * i, i * 10);
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** One step at the revision that was seen. */
async function send(path, rev, body) {
  return demo.send("POST", path, body, { "If-Match": `"${rev}"` });
}

async function release(number, quantity, hours) {
  const o = await demo.send("POST", "/api/v1/orders", { number, kind: "make", product, quantity, place, due: new Date(Date.now() + hours * 3_600_000).toISOString(), priority: 50 });
  await send(`/api/v1/orders/${o.id}/state`, o.rev, { what: "released" });
}

const open = async (path, title) => {
  await page.goto(demo.base + path);
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
};
const head = (pattern) => page.getByRole("heading", { level: 2, name: pattern });

/** Starts a search of two seconds and waits for its plan. */
async function search(kind) {
  await page.getByRole("button", { name: "开始排产" }).click();
  const drawer = page.getByRole("dialog", { name: "开始排产" });
  await drawer.getByText(kind, { exact: true }).click();
  await drawer.getByLabel("计算时间（秒）").fill("2");
  await accessible(page, `asking for a plan ${kind}`);
  await drawer.getByRole("button", { name: "开始", exact: true }).click();
}

test("a plan is searched and issued", async () => {
  await open("/planning", "排产");
  await page.getByText("还没有执行中的计划").waitFor();
  await accessible(page, "planning without a plan");
  await search("新排产");
  await page.getByText(/正在计算/).waitFor();
  await head("第 1 号").waitFor();
  await page.getByRole("application", { name: /12 道工序/ }).waitFor();
  await accessible(page, "a draft");
  await page.getByRole("button", { name: "下达", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "下达", exact: true }).click();
  await page.getByText("执行中", { exact: true }).waitFor();
  assert.equal((await demo.api(`/api/v1/plan-in-use?scope=${place}`)).number, 1);
});

test("an operation is locked by a key, and carried elsewhere", async () => {
  const chart = page.getByRole("application");
  await chart.focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("status").filter({ hasText: /MO-\d 磨削/ }).waitFor();
  await page.keyboard.press("l");
  await head("第 2 号").waitFor();
  await page.getByRole("status").filter({ hasText: "已锁定" }).waitFor();
  await page.getByRole("button", { name: "撤销上一步" }).click();
  await head("第 1 号").waitFor();

  // Where the chart puts the last turning operation.
  const plan = await demo.api(`/api/v1/plan-in-use?scope=${place}`);
  const turning = plan.assignments.filter((a) => a.job === 10);
  const last = turning.reduce((m, a) => (a.end > m.end ? a : m));
  const ms = (t) => Date.parse(t);
  const from = Math.min(Date.now(), ...plan.assignments.map((a) => ms(a.start) - (a.setup_ms ?? 0)));
  const to = Math.max(Date.now() + 8 * 3_600_000, ...plan.assignments.map((a) => ms(a.end)));
  const room = (to - from) * 0.03;
  await page.getByRole("button", { name: "全部", exact: true }).click();
  const box = await chart.boundingBox();
  const x = (t) => box.x + 150 + ((t - from + room) / (to - from + 2 * room)) * (box.width - 150);
  const row = plan.machines.findIndex((m) => m.equipment === last.equipment);
  const y = box.y + 34 + row * 30 + 15;
  const middle = (ms(last.start) + ms(last.end)) / 2;
  await page.mouse.move(x(middle), y);
  await page.mouse.down();
  await page.mouse.move(x(middle + 40 * 60_000), y, { steps: 4 });
  await page.getByRole("status").filter({ hasText: /可以|不能放在这里/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await head("第 1 号").waitFor();

  // Without a mouse: by the operation's own form.
  await chart.focus();
  await page.mouse.click(x(middle), y);
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("dialog");
  await drawer.getByLabel("开始").fill("2030-01-07 10:00");
  await page.keyboard.press("Enter");
  await accessible(page, "an operation to be moved");
  await drawer.getByRole("button", { name: "移动到这里" }).click();
  await page.getByText(/不能放在这里/).first().waitFor(); // beyond the plan's end
});

test("a machine stands and an order comes in between: reasons to plan anew, and the machine is spared", async () => {
  await release("MO-RUSH", 20, 4);
  await open("/planning", "排产");
  const reasons = page.getByRole("alert").filter({ hasText: "需要重排" });
  await reasons.getByText("订单 MO-RUSH 不在计划里").waitFor({ timeout: 40_000 });
  await reasons.getByText(/1号车床 自 .* 停机，24 小时内影响 \d+ 道工序/).waitFor({ timeout: 150_000 }); // it breaks down a minute after the start, and the page asks twice a minute
  await accessible(page, "reasons to plan anew", "planning");
  const asked = Date.now();
  await page.getByRole("button", { name: "重排（少改动）" }).click();
  await head("第 3 号").waitFor({ timeout: 60_000 });
  const { items: [{ id }] } = await demo.api(`/api/v1/plans?scope=${place}`);
  const anew = await demo.api(`/api/v1/plans/${id}`);
  const lathe = anew.machines.find((m) => m.path === broken);
  assert.ok(anew.assume.down.some((d) => d.equipment === lathe.equipment)); // others may stand, too
  for (const a of anew.assignments.filter((a) => a.equipment === lathe.equipment)) {
    assert.ok(Date.parse(a.start) > asked + 50 * 60_000, `job ${a.job} of ${a.order} begins at ${a.start} at a machine that stands`);
  }
  assert.ok(anew.assignments.length >= 14 && anew.violations.length === 0 && anew.unplanned.length === 0);
  await page.getByRole("tab", { name: "方案", exact: true }).click();
  await page.getByRole("checkbox", { name: "选第 3 号对比" }).check();
  await accessible(page, "plans");
  await page.getByRole("button", { name: "对比所选（1）" }).click();
  await page.getByRole("columnheader", { name: /第 3 号/ }).first().waitFor();
  await accessible(page, "plans side by side");
  await page.getByRole("button", { name: /第 3 号/ }).click();
  await page.getByRole("button", { name: "下达", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: /下达/ }).last().click();
  await until("the new plan in use", async () => (await demo.api(`/api/v1/plan-in-use?scope=${place}`)).number === 3);
});

test("a date is promised, and each machine has its list", async () => {
  await open("/planning?tab=promise", "排产");
  await page.getByLabel("产品", { exact: true }).click();
  await page.locator(".ant-select-item-option").filter({ hasText: product }).click();
  await page.getByLabel("数量", { exact: true }).fill("50");
  await page.getByRole("button", { name: "算交期" }).click();
  await page.getByRole("heading", { name: "不动现有计划" }).waitFor();
  await accessible(page, "a promise");
  await page.getByRole("tab", { name: "派工与班次看板" }).click();
  await page.getByText("MO-RUSH").first().waitFor();
  await accessible(page, "shift board");
  await page.getByText("派工单", { exact: true }).click();
  await page.getByRole("columnheader", { name: "换型" }).first().waitFor();
  await accessible(page, "dispatch lists");
});

/** A plan as the node gives it, larger than any demo makes one. */
function hugePlan() {
  const from = Date.now() - 2 * 3_600_000;
  const at = (ms) => new Date(from + ms).toISOString();
  const figures = { orders: 1000, planned: 1000, unplanned: 0, operations: 10_000, late: 50, tardiness_ms: 9e7, weighted_tardiness_ms: 9e8, setup_ms: 9e7, run_ms: 9e9, violations: 0, changes: { of: 0, machine: 0, later: 0, earlier: 0, shift_ms: 0, added: 0, gone: 0 }, rules: [], makespan: at(100 * 8_000_000) };
  const machines = Array.from({ length: 100 }, (_, m) => ({ equipment: `m${m}`, path: `x/m${m}`, name: { zh: `${m + 1} 号机` }, open: Array.from({ length: 12 }, (_, d) => ({ from: at(d * 86_400_000), to: at(d * 86_400_000 + 72_000_000) })), open_ms: 1, run_ms: 1, setup_ms: 0 }));
  const orders = Array.from({ length: 1000 }, (_, o) => ({ id: `o${o}`, number: `MO-${o}`, product: "p", quantity: 10, place, due: at(5e8), priority: 50, weight: 10, late_ms: o % 20 ? 0 : 3_600_000 }));
  const assignments = Array.from({ length: 10_000 }, (_, i) => ({ order: `o${i % 1000}`, job: 10 * (1 + Math.floor(i / 1000)), name: { zh: "车削" }, equipment: `m${i % 100}`, start: at(Math.floor(i / 100) * 8_000_000), end: at(Math.floor(i / 100) * 8_000_000 + 7_000_000), setup_ms: i % 3 ? 0 : 600_000, quantity: 10, state: "waiting", alternatives: [`m${i % 100}`] }));
  return { id: "huge", number: 1, place, kind: "draft", state: "in_use", by: "engineer", made: at(0), from: at(0), until: at(1e9), problem: "", sha256: "", search_ms: 1, steps: 1, weights: { tardiness: 10, makespan: 1, setup: 1, change: 0 }, figures, machines, orders, assignments, unplanned: [], violations: [], notes: [] };
}

test("a plan of 10,000 operations is panned smoothly, walked by keys and read as a table", async () => {
  const answer = (body) => (route) => route.fulfill({ contentType: "application/json", body: JSON.stringify(body) });
  await page.route("**/api/v1/plan-in-use?*", answer(hugePlan()));
  await page.route("**/api/v1/plan-runs", answer({ items: [] }));
  await page.route("**/api/v1/plan-suggestions?*", answer({ items: [{ what: "rush", number: "MO-9999", text: "" }] }));
  await page.route("**/api/v1/plans/huge/late", answer({ items: [] }));
  await open("/planning", "排产");
  const chart = page.getByRole("application");
  await chart.waitFor();
  await accessible(page, "a plan of 10,000 operations", "gantt");
  const box = await chart.boundingBox();
  await page.evaluate(() => {
    globalThis.frames_ = [];
    let last = performance.now();
    const tick = (now) => { globalThis.frames_.push(now - last); last = now; requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
  });
  // Beside a bar: on the axis dragging pans.
  await page.mouse.move(box.x + 700, box.y + 12);
  await page.mouse.down();
  for (let i = 0; i < 90; i++) await page.mouse.move(box.x + 700 - 5 * i, box.y + 12);
  await page.mouse.up();
  const frames = (await page.evaluate(() => globalThis.frames_)).slice(2).sort((a, b) => a - b);
  const p50 = frames[Math.floor(frames.length / 2)];
  console.log(`gantt: ${frames.length} frames, p50 ${p50.toFixed(1)} ms, p95 ${frames[Math.floor(frames.length * 0.95)].toFixed(1)} ms`);
  assert.ok(p50 < 25, `a frame takes ${p50} ms`);

  await chart.focus();
  await page.keyboard.press("ArrowRight");
  await page.getByRole("status").filter({ hasText: /MO-\d+ 车削 · 1 号机/ }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("status").filter({ hasText: /2 号机/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("移动到这里").waitFor();
  await accessible(page, "an operation of a plan");
  await page.keyboard.press("Escape");
  await page.getByText("表格", { exact: true }).click();
  await page.getByRole("columnheader", { name: "设备" }).waitFor();
  await accessible(page, "a plan as a table");
});
