// A recipe's way in the browser: the engineer writes a revision and may not approve it
// himself, another does, the operator downloads it to a grinding machine and sees what
// was read back; the machine drifts, a deviation of the job is raised, and the job's
// page says how it was really made. Each page is looked at with axe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, engineer, admin, operator, grinder, order;
const product = "6204-2rs";
const number = "MO-P-1";

before(async () => {
  demo = await startDemo();
  const { items } = await demo.api("/api/v1/nodes");
  grinder = items.find((n) => n.path.endsWith("grinding/line-1/grinder-01"));
  const { rev, valid: _valid, ...node } = grinder;
  await demo.send("PUT", `/api/v1/nodes/${grinder.id}`, { ...node, equipment: { ...node.equipment, device: { ...node.equipment.device, writing: true } } }, { "If-Match": `"${rev}"` });
  const definition = await demo.send("POST", "/api/v1/operations-definitions", {
    product, revision: 1, state: "draft", valid: {}, unit: "{piece}", materials: [], rev: 0,
    segments: [{ no: 30, name: { zh: "磨削", en: "grinding" }, alternatives: [{ equipment: grinder.id, setup_ms: 0, run_ms: 14000 }] }],
  });
  await demo.send("POST", `/api/v1/operations-definitions/${product}/${definition.revision}/state`, { state: "released" }, { "If-Match": `"${definition.rev}"` });
  const made = await demo.send("POST", "/api/v1/orders", { number, kind: "make", product, quantity: 500, place: "xinchang-bearing/xinchang", due: new Date(Date.now() + 864e5).toISOString(), priority: 50 });
  const released = await demo.send("POST", `/api/v1/orders/${made.id}/state`, { what: "released" }, { "If-Match": `"${made.rev}"` });
  order = released.id;
  await demo.send("POST", `/api/v1/orders/${order}/entries`, { job: 30, what: "job", command: "run", equipment: grinder.id });
  browser = await launch();
  engineer = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const tab = (page, name) => page.getByRole("tab", { name, exact: true }).click();

async function choose(page, where, label, text) {
  await where.getByLabel(label, { exact: true }).first().click();
  await where.getByLabel(label, { exact: true }).first().fill(text);
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").locator(".ant-select-item-option, .ant-select-tree-title").filter({ hasText: text }).first().click();
}

test("the engineer writes a recipe, tries it, and may not approve it himself", async () => {
  const page = engineer;
  await page.getByRole("link", { name: "工艺", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "工艺" }).waitFor();
  await page.getByRole("button", { name: "新建配方" }).waitFor();
  await accessible(page, "process-recipes");
  await page.getByRole("button", { name: "新建配方" }).click();
  const form = page.getByRole("dialog", { name: "新建配方" });
  await choose(page, form, "产品", product);
  await form.getByLabel("工序号（0 或空：每道）").fill("30");
  await choose(page, form, "设备，或有同类设备的产线", "1号磨床");
  const row = async (i, signal, target, low, high) => {
    if (i > 1) await form.getByRole("button", { name: "增加参数" }).click();
    await choose(page, form, `参数 ${i}`, signal);
    await form.getByLabel(`目标值 ${i}`).fill(String(target));
    if (low !== undefined) await form.getByLabel(`下限 ${i}`).fill(String(low));
    if (high !== undefined) await form.getByLabel(`上限 ${i}`).fill(String(high));
  };
  await row(1, "feed.override", 110, 105, 115);
  await form.getByLabel("下载 1").check();
  await row(2, "spindle.override", 95);
  await form.getByLabel("下载 2").check();
  await row(3, "feed.rate", 528, 500, 560);
  await form.getByLabel("延时 3").fill("3");
  await form.getByLabel("本版改了什么").fill("首版：进给 110 %");
  await accessible(page, "process-recipe-form");
  await form.getByRole("button", { name: "在过去 30 天试" }).click();
  await form.getByText(/过去 30 天会报 \d+ 次偏差/).waitFor();
  await accessible(page, "process-recipe-trial");
  await form.getByRole("button", { name: "保存草稿" }).click();
  const shown = page.getByRole("dialog", { name: /第 1 版/ });
  await shown.getByText("本版是您写的", { exact: false }).waitFor();
  assert.equal(await shown.getByRole("button", { name: "校对无误" }).isDisabled(), true);
  await accessible(page, "process-recipe-own");
});

test("another person checks and approves it", async () => {
  admin = await signedIn(browser, demo.base, "admin", "admin-demo");
  await admin.getByRole("link", { name: "工艺", exact: true }).click();
  await admin.getByRole("row", { name: /6204-2rs.*1号磨床/ }).getByRole("button").first().click();
  const shown = admin.getByRole("dialog", { name: /第 1 版/ });
  await shown.getByRole("button", { name: "校对无误" }).click();
  await shown.getByRole("button", { name: "批准", exact: true }).click();
  await shown.getByText("已批准").first().waitFor();
  await accessible(admin, "process-recipe-approved");
});

test("the operator downloads it and sees that the machine has it", async () => {
  operator = await signedIn(browser, demo.base, "operator", "operator-demo");
  const page = operator;
  await page.getByRole("link", { name: "工艺", exact: true }).click();
  await tab(page, "下载与核对");
  await accessible(page, "process-machine-none");
  await page.getByLabel("设备", { exact: true }).first().click();
  await page.keyboard.type("1号磨床");
  await page.locator(".ant-select-tree-title", { hasText: "1号磨床" }).first().click();
  await page.getByText(`作业 ${number} / 30`, { exact: false }).waitFor();
  await page.getByText("个参数与批准的配方不一致", { exact: false }).waitFor();
  await accessible(page, "process-machine-drifted");
  await page.getByRole("button", { name: /^下\s*载$/ }).first().click();
  await page.locator(".ant-popover").getByRole("button", { name: /下\s*载/ }).click();
  const progress = page.getByRole("dialog", { name: /下载到/ });
  await progress.getByText("已生效").first().waitFor();
  assert.equal(await progress.getByText("读回一致").count(), 2);
  await accessible(page, "process-download");
  await page.keyboard.press("Escape");
  await page.getByText("与批准的配方一致").waitFor();
  const values = await demo.api(`/api/v1/equipment/${grinder.id}/recipe`);
  assert.deepEqual(values.values.map((v) => [v.signal, v.state]), [["feed.override", "same"], ["spindle.override", "same"], ["feed.rate", "same"]]);
  const kiosk = await page.context().newPage();
  await kiosk.goto(`${demo.base}/kiosk/machine/${grinder.id}`);
  await kiosk.getByText("配方版本 1：设备的值与批准的一致").waitFor({ timeout: 20_000 });
  await accessible(kiosk, "process-kiosk");
  await kiosk.close();
});

test("the feed is turned down: a deviation of the job and an alarm are raised, and end", async () => {
  await demo.send("POST", "/api/v1/commands?wait_ms=10000", { equipment: grinder.id, signal: "feed.override", value: { number: 92 } }, { "Idempotency-Key": "e2e-knob" });
  await until("a deviation", async () => (await demo.api("/api/v1/recipe-deviations?open=true")).items.some((v) => v.signal === "feed.rate"));
  await tab(operator, "偏差");
  await operator.getByText("仍在").first().waitFor();
  await operator.getByRole("row", { name: /进给速度.*442/ }).first().waitFor();
  await accessible(operator, "process-deviations");
  await until("its alarm", async () => (await demo.api(`/api/v1/alarms?from=${new Date(Date.now() - 36e5).toISOString()}&to=${new Date(Date.now() + 6e4).toISOString()}`)).items.some((a) => a.source === "process" && a.open));
  await demo.send("POST", "/api/v1/commands?wait_ms=10000", { equipment: grinder.id, signal: "feed.override", value: { number: 110 } }, { "Idempotency-Key": "e2e-back" });
  await until("its end", async () => (await demo.api("/api/v1/recipe-deviations?open=true")).items.length === 0);
});

test("the job's page says how it was really made", async () => {
  const page = operator;
  await page.getByRole("button", { name: `${number} / 30` }).first().click();
  const shown = page.getByRole("dialog", { name: /实际加工/ });
  await shown.getByText("与批准一致").first().waitFor();
  await shown.getByRole("columnheader", { name: "超窗时间" }).waitFor();
  await accessible(page, "process-as-run");
  const ran = await demo.api(`/api/v1/recipe-runs/${order}/30?equipment=${grinder.id}`);
  const feed = ran.values.find((v) => v.signal === "feed.rate");
  assert.ok(feed.outside_s > 0 && feed.outside_s < ran.produced_s, `${feed.outside_s} s of ${ran.produced_s} s outside`);
  assert.equal(ran.values[0].read, 110);
  await page.keyboard.press("Escape");
  await tab(page, "实际加工");
  await page.getByRole("row", { name: new RegExp(number) }).waitFor();
  await accessible(page, "process-runs");
});

test("the next revision shows what is different", async () => {
  const page = engineer;
  await page.keyboard.press("Escape");
  await page.reload();
  await page.getByRole("row", { name: /6204-2rs.*1号磨床/ }).getByRole("button").first().click();
  await page.getByRole("dialog", { name: /第 1 版/ }).getByRole("button", { name: "写下一版" }).click();
  const form = page.getByRole("dialog", { name: "写下一版" });
  await form.getByLabel("目标值 2").fill("90");
  await form.getByRole("button", { name: "保存草稿" }).click();
  const shown = page.getByRole("dialog", { name: /第 2 版/ });
  await shown.getByText("与第 1 版的差别").waitFor();
  await shown.getByRole("row", { name: /主轴倍率.*95.*90/ }).first().waitFor();
  await accessible(page, "process-difference");
});

test("a type of tool, a tool that is mounted and changed with the reason, what is left of it", async () => {
  const page = engineer;
  await page.keyboard.press("Escape");
  await page.reload();
  await tab(page, "刀具");
  await page.getByRole("button", { name: "CNMG-120408", exact: true }).waitFor();
  await page.getByRole("button", { name: "新建类型" }).click();
  const form = page.getByRole("dialog", { name: "新建类型" });
  await form.getByLabel("代号").fill("WHEEL-400");
  await form.getByLabel("中文名").fill("砂轮");
  await choose(page, form, "用在哪里", "磨削车间");
  await form.getByLabel("计划寿命").fill("900");
  await form.getByLabel("单价（元）").fill("260");
  await accessible(page, "process-tool-type");
  await form.getByRole("button", { name: /保\s*存/ }).click();
  await page.getByRole("button", { name: "WHEEL-400", exact: true }).waitFor();
  await page.getByRole("button", { name: "装刀" }).click();
  const mount = page.getByRole("dialog", { name: "装刀" });
  await choose(page, mount, "刀具", "WHEEL-400");
  await choose(page, mount, "设备", "1号磨床");
  await mount.getByRole("button", { name: /保\s*存/ }).click();
  await page.getByRole("button", { name: "换刀 WHEEL-400" }).click();
  const change = page.getByRole("dialog", { name: "换刀" });
  await change.getByRole("button", { name: /保\s*存/ }).click();
  await change.getByText("必填").waitFor();
  await change.getByLabel("换下原因", { exact: true }).first().click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: "磨损" }).click();
  await accessible(page, "process-tool-change");
  await change.getByRole("button", { name: /保\s*存/ }).click();
  const type = (await demo.api("/api/v1/tool-types")).items.find((y) => y.code === "WHEEL-400");
  const worn = await until("the change", async () => (await demo.api(`/api/v1/tools?equipment=${grinder.id}`)).items.find((o) => o.reason === "worn"));
  assert.ok(worn.used > 0 && worn.type === type.id, `${worn.used} minutes`);
  await page.getByLabel("包括已换下的").check();
  await page.getByText("磨损", { exact: false }).first().waitFor();
  await accessible(page, "process-tools");
});
