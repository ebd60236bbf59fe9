// A product is defined, an order entered and released; an operator makes it at a
// kiosk whose network is cut in between.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { accessible, launch, person, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page, lathe, order;
const product = "6204-2rs";
const number = "MO-E2E-1";

before(async () => {
  demo = await startDemo();
  lathe = (await demo.api("/api/v1/equipment?limit=1000&class=lathe")).items.find((m) => m.path.endsWith("/lathe-01"));
  await demo.send("PUT", "/api/v1/people/wang", { name: "wang", called: "王师傅", skills: [{ name: "turning", from: "2025-01-01" }], rev: 0 });
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const open = async (path, title) => {
  await page.goto(demo.base + path);
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
};

/** Chooses of a list or a tree whose field has a label. */
async function choose(where, label, text) {
  await where.getByLabel(label, { exact: true }).first().click();
  await where.getByLabel(label, { exact: true }).first().fill(text);
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").locator(".ant-select-item-option, .ant-select-tree-title").filter({ hasText: text }).first().click();
}

test("a definition is entered, what is wrong is said at its field, and it is released", async () => {
  await open("/production/definitions", "产品与工艺");
  await page.getByText("还没有工艺").waitFor();
  await accessible(page, "operations definitions");
  await page.getByRole("button", { name: "新建工艺" }).click();
  const drawer = page.getByRole("dialog", { name: "新建工艺" });
  await choose(drawer, "产品", product);
  await drawer.getByLabel("工序", { exact: true }).fill("车削");
  await choose(drawer, "常用设备或产线", lathe.name.zh);
  await drawer.getByRole("button", { name: "保存草稿" }).click();
  await drawer.getByText("必填").first().waitFor();
  await drawer.getByLabel("单件或每批（秒）").fill("20");
  await drawer.getByLabel("准备（分钟）").fill("5");
  await drawer.getByRole("button", { name: "更多" }).click();
  await drawer.getByLabel("技能", { exact: true }).fill("turning");
  await page.keyboard.press("Enter");
  await drawer.getByRole("button", { name: "新增物料" }).click();
  await drawer.getByLabel("物料", { exact: true }).fill("gcr15");
  await drawer.getByLabel("单件用量").fill("0.12");
  await accessible(page, "entering a definition");
  await drawer.getByRole("button", { name: "保存草稿" }).click();
  const shown = page.getByRole("dialog", { name: /第 1 版/ });
  await shown.getByRole("button", { name: "发布", exact: true }).click();
  await page.getByRole("dialog", { name: /发布 / }).getByRole("button", { name: "发布", exact: true }).click();
  await shown.getByText("已发布").first().waitFor();
  await accessible(page, "a definition");
  const d = await demo.api(`/api/v1/operations-definitions/${product}/1`);
  assert.deepEqual([d.state, d.segments[0].alternatives[0].run_ms, d.segments[0].alternatives[0].setup_ms, d.segments[0].skills, d.materials[0].quantity], ["released", 20_000, 300_000, ["turning"], "0.12"]);
});

test("an order is entered and released", async () => {
  await open("/production/orders", "生产订单");
  await page.getByRole("button", { name: "新建订单" }).click();
  const drawer = page.getByRole("dialog", { name: "新建订单" });
  await drawer.getByLabel("订单号").fill(number);
  await choose(drawer, "产品", product);
  await drawer.getByLabel("数量").fill("100");
  await choose(drawer, "地点", "新昌厂区");
  await drawer.getByLabel("交期").fill("2030-01-31 18:00");
  await page.keyboard.press("Enter");
  await accessible(page, "entering an order");
  await drawer.getByRole("button", { name: "保存" }).click();
  const shown = page.getByRole("dialog", { name: `订单 ${number}` });
  await shown.getByRole("button", { name: "下达" }).click();
  await shown.getByText("已下达").first().waitFor();
  await shown.getByText("车削").first().waitFor();
  await accessible(page, "an order");
  await page.keyboard.press("Escape");
  await accessible(page, "orders");
  order = (await demo.api(`/api/v1/orders?q=${number}`)).items[0];
  assert.deepEqual([order.state, order.quantity, order.due], ["released", 100, "2030-01-31T10:00:00Z"]);
});

test("people and skills", async () => {
  await open("/production/people", "人员与技能");
  await page.getByRole("button", { name: "王师傅" }).click();
  await page.getByRole("dialog").getByLabel("取得日期").waitFor();
  await accessible(page, "a person");
});

test("an operator works at a kiosk whose network is cut for ten minutes: nothing is lost, nothing booked twice", async () => {
  const context = await browser.newContext(person);
  const kiosk = await context.newPage();
  await kiosk.clock.install();
  kiosk.setDefaultTimeout(20_000);
  await kiosk.goto(`${demo.base}/kiosk/machine/${lathe.id}`);
  await kiosk.getByLabel("用户名").fill("operator");
  await kiosk.getByLabel("密码").fill("operator-demo");
  await kiosk.keyboard.press("Enter");
  await kiosk.getByText(number).waitFor();
  await accessible(kiosk, "kiosk of a machine");
  const buttons = await kiosk.locator("button:visible").evaluateAll((all) => all.map((b) => b.getBoundingClientRect().height));
  assert.ok(Math.min(...buttons) >= 64, `a target of ${Math.min(...buttons)} px`);

  // Nobody begins whom nobody knows.
  await kiosk.getByRole("button", { name: "未上岗" }).click();
  await kiosk.getByLabel(/工卡/).fill("nobody");
  await kiosk.keyboard.press("Enter");
  await kiosk.getByText("没有这个工号：nobody").waitFor();
  await accessible(kiosk, "beginning work at a kiosk");
  await kiosk.getByLabel(/工卡/).fill("wang");
  await kiosk.keyboard.press("Enter");
  await kiosk.getByRole("button", { name: "王师傅" }).waitFor();
  await kiosk.getByRole("button", { name: "开始" }).click();
  await kiosk.getByText("当前作业 · 生产中").waitFor();
  await until("the job to run at the node", async () => (await demo.api(`/api/v1/orders/${order.id}`)).jobs[0].state === "running");
  await accessible(kiosk, "a job at a kiosk");

  await context.setOffline(true);
  for (const n of [10, 20]) {
    await kiosk.getByRole("button", { name: "报数" }).click();
    await kiosk.getByRole("button", { name: `+${n}`, exact: true }).click();
  }
  await kiosk.getByRole("button", { name: "呼叫" }).click();
  await accessible(kiosk, "calling at a kiosk", "kiosk-call");
  await kiosk.getByRole("button", { name: "叫质检" }).click();
  await kiosk.getByRole("button", { name: "报废" }).click();
  await accessible(kiosk, "scrap at a kiosk");
  await kiosk.getByRole("button", { name: "尺寸超差" }).click();
  await kiosk.getByRole("button", { name: "暂停" }).click();
  await kiosk.getByRole("button", { name: "换班" }).click();
  await kiosk.getByText("当前作业 · 暂停").waitFor();
  await kiosk.getByText("5 待发送").waitFor();
  await kiosk.getByText(/网络断开/).waitFor();
  await accessible(kiosk, "a kiosk without a network");
  // Ten minutes go by at the panel, which tries again and again.
  const made = Date.now();
  await kiosk.clock.runFor(10 * 60_000);
  await kiosk.getByText("5 待发送").waitFor();
  await kiosk.getByText("当前作业 · 暂停").waitFor();
  await context.setOffline(false);
  await kiosk.getByText("5 待发送").waitFor({ state: "detached" });

  await until("the job to be paused at the node", async () => (await demo.api(`/api/v1/orders/${order.id}`)).jobs[0].state === "suspended");
  const { items } = await demo.api(`/api/v1/orders/${order.id}/history`);
  const counts = items.filter((s) => s.what === "count").reverse();
  assert.deepEqual(counts.map((s) => [s.good ?? 0, s.scrap ?? 0]), [[10, 0], [20, 0], [counts[2].good ?? 0, 1]]);
  assert.ok(counts.every((s) => s.at <= s.entered));
  const keyed = items.filter((s) => s.key).reverse().slice(-4);
  assert.deepEqual(keyed.map((s) => [s.what, s.command ?? ""]), [["count", ""], ["count", ""], ["count", ""], ["job", "pause"]]);
  assert.ok(keyed.every((s, i) => Date.parse(s.at) <= made + 2_000 && (i === 0 || keyed[i - 1].at <= s.at)), "in the order and at the time in which they were made");
  const { items: calls } = await demo.api(`/api/v1/calls?equipment=${lathe.id}`);
  assert.deepEqual(calls.map((c) => [c.what, c.state, c.order, c.steps[0].by]), [["quality", "called", number, "operator"]]);
  assert.deepEqual((await demo.api(`/api/v1/orders/${order.id}`)).doubts, []);

  await kiosk.getByRole("button", { name: "继续" }).click();
  await kiosk.getByText("当前作业 · 生产中").waitFor();
  await kiosk.getByRole("button", { name: "完工" }).click();
  await kiosk.getByRole("button", { name: "确认完工" }).click();
  await until("the order to be complete", async () => (await demo.api(`/api/v1/orders/${order.id}`)).state === "completed");
  await context.close();
});

test("who is called accepts and comes; the board shows it", async () => {
  const board = await (await browser.newContext(person)).newPage();
  await board.goto(`${demo.base}/kiosk/andon/`);
  await board.getByLabel("用户名").fill("viewer");
  await board.getByLabel("密码").fill("viewer-demo");
  await board.keyboard.press("Enter");
  await board.getByText(/叫质检/).first().waitFor();
  await accessible(board, "a board with a call", "board-call");
  await open("/production/calls", "呼叫");
  const row = page.getByRole("row", { name: /叫质检/ });
  await accessible(page, "calls", "calls");
  await row.getByRole("button", { name: "接单" }).click();
  await board.getByText(/engineer 已接单/).first().waitFor();
  await row.getByRole("button", { name: "已解决" }).click();
  await page.getByText("没有待处理的呼叫").waitFor();
  await until("the board to be empty of calls", async () => (await board.getByText(/叫质检/).count()) === 0);
  const [call] = (await demo.api(`/api/v1/calls?equipment=${lathe.id}`)).items;
  assert.deepEqual(call.steps.map((s) => [s.state, s.by]), [["called", "operator"], ["accepted", "engineer"], ["done", "engineer"]]);
  await board.context().close();
});

test("an entry that was wrong is taken back", async () => {
  await open(`/production/orders?order=${order.id}`, "生产订单");
  const drawer = page.getByRole("dialog");
  await drawer.getByRole("tab", { name: "记录" }).click();
  await drawer.getByRole("row", { name: /报废 \+1/ }).getByRole("button", { name: "撤回" }).click();
  const asked = page.getByRole("dialog", { name: /撤回第/ });
  await asked.getByLabel("原因").fill("量错了");
  await asked.getByRole("button", { name: "撤回" }).click();
  await drawer.getByText("已撤回").waitFor();
  await accessible(page, "history of an order");
  assert.equal((await demo.api(`/api/v1/orders/${order.id}`)).jobs[0].made.scrap, 0);
});

test("the pay office sees who worked when, what was counted, and the entries behind it", async () => {
  await open("/production/hours?range=24h", "工时与计件");
  const stretches = page.getByRole("region", { name: "明细" });
  await stretches.getByRole("row").filter({ hasText: number }).first().waitFor();
  await stretches.getByLabel("订单、产品或工序").fill(number);
  const row = stretches.getByRole("row").filter({ hasText: "王师傅" }).first();
  await row.waitFor();
  await row.getByRole("button", { name: "展开行" }).click();
  const behind = stretches.getByRole("group", { name: "构成这一段的记录" });
  await behind.getByText(/上岗/).first().waitFor();
  await accessible(page, "hours", "hours");
  await page.getByRole("region", { name: "按人" }).getByRole("button", { name: /王师傅/ }).click();
  await page.waitForURL(/person=wang/);
  await stretches.getByText("（无人登录）").waitFor({ state: "detached" });
  const got = page.waitForEvent("download");
  await page.getByRole("link", { name: "导出 CSV" }).click();
  const file = await got;
  assert.equal(file.suggestedFilename(), "work-hours.csv");
  assert.match(await readFile(await file.path(), "utf8"), new RegExp(`wang.*${number}`));
});

test("figures of orders stand with the orders behind them", async () => {
  await open("/production/performance?range=24h", "订单绩效");
  await page.getByRole("region", { name: "构成这些数值的订单" }).getByRole("row").filter({ hasText: number }).waitFor();
  await page.getByText("成品率（按物料）").first().waitFor();
  await accessible(page, "performance", "performance");
});

test("stocks tell how often they turn and what gets lost, by lot", async () => {
  await open("/material?tab=figures", "物料");
  await page.getByText("库存周转率").first().waitFor();
  await accessible(page, "material figures");
});
