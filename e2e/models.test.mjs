// Models that a plant trains on its own machines, as the engineer has them: asked for with a look at the data, trained,
// judged by windows that they have not seen beside somebody without a model, put to work, watched. The month of the
// stories is behind the demo: a furnace lost its insulation in it, which shows as drift of what a model is asked.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

const hour = 3_600_000, day = 24 * hour, shanghai = 8 * hour;
let demo, browser, page, midnight, furnace;

before(async () => {
  demo = await startDemo(undefined, "--stories");
  midnight = Math.floor((Date.now() + shanghai) / day) * day - shanghai;
  furnace = (await demo.api("/api/v1/equipment?limit=1000")).items.find((m) => m.path.endsWith("/furnace-3")).id;
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const ago = (days) => new Date(midnight - days * day).toISOString();

/** Asks for a model, trains it, and gives study and version. */
async function trained(study) {
  const s = await demo.send("POST", "/api/v1/model-studies", study);
  await demo.send("POST", `/api/v1/model-studies/${s.id}/training`);
  const run = await until(`${study.name.zh} to be trained`, async () => {
    const t = await demo.api(`/api/v1/model-studies/${s.id}/training`);
    return t.state !== "reading" && t.state !== "learning" && t;
  });
  assert.equal(run.state, "done", run.why);
  return { s, v: await demo.api(`/api/v1/model-versions/${run.version}`) };
}

/** Takes an option of a list. */
async function choose(field, name) {
  await field.click();
  await field.fill(name);
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: name }).first().click();
}

test("a soft sensor for a lathe's diameter is asked for, looked at, trained, and better than its last value", async () => {
  await page.goto(`${demo.base}/health`);
  await page.getByRole("navigation", { name: "状态监测的页面" }).getByRole("link", { name: "模型" }).click();
  await page.getByRole("heading", { level: 1, name: "模型" }).waitFor();
  await page.getByText("还没有模型").waitFor();
  await accessible(page, "models none");
  await page.getByRole("button", { name: "新建模型" }).click();
  const drawer = page.getByRole("dialog", { name: "新建模型" });
  await drawer.getByLabel("中文名称").fill("外径软测量");
  await drawer.getByLabel("英文名称").fill("Soft sensor of the diameter");
  await choose(drawer.getByLabel("设备", { exact: true }), "1号车床");
  await page.keyboard.press("Escape");
  await drawer.getByLabel("要模型做什么").click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: "预测信号值" }).click();
  await choose(drawer.getByLabel("要预测的信号"), "外径实测");
  await drawer.getByLabel("提前（分钟）").fill("0");
  await drawer.getByLabel("方法").click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: "岭回归" }).click();
  for (const signal of ["刀具磨损", "主轴温度", "冷却液温度"]) await choose(drawer.getByLabel("添加信号"), signal);
  await drawer.getByRole("group", { name: "刀具磨损" }).getByLabel("斜率").check();
  await drawer.getByLabel("只用设备生产时的窗口").check();
  await drawer.getByRole("button", { name: "预览数据" }).click();
  await drawer.getByRole("region", { name: "预览数据" }).getByText(/共 .* 个窗口，可学习/).waitFor();
  await drawer.getByText("设备未在生产").waitFor();
  await accessible(page, "model form");
  await drawer.getByRole("button", { name: "保存" }).click();
  await drawer.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "训练", exact: true }).click();
  await page.getByText(/上次训练完成于/).waitFor({ timeout: 60_000 });
  const figures = page.getByRole("region", { name: "检验", exact: true });
  await figures.getByText(/^优于不用模型的做法/).waitFor();
  await figures.getByText(/偶然达到的概率 p =/).waitFor();
  await page.getByRole("region", { name: "未学过的数据：预测与实测" }).getByRole("img").waitFor();
  await accessible(page, "model version", "models");
  await page.getByRole("region", { name: "未学过的数据：预测与实测" }).getByText("表格").click();
  await page.getByRole("region", { name: "未学过的数据：预测与实测" }).getByRole("link", { name: "原始数据" }).first().waitFor();
  const { items: [study] } = await demo.api("/api/v1/model-studies");
  const { items: [version] } = await demo.api(`/api/v1/model-studies/${study.id}/versions`);
  assert.equal(version.good, true);
  assert.ok(version.verdict.rmse < 0.5 * version.verdict.naive_rmse && version.verdict.rmse < 0.5 * version.verdict.mean_rmse, JSON.stringify(version.verdict));
});

test("it is put to work, and says of past windows the same however often it is asked", async () => {
  await page.getByRole("button", { name: "投用 第 1 版" }).click();
  const dialog = page.getByRole("dialog", { name: /投用/ });
  await dialog.getByText(/优于不用模型的做法/).waitFor();
  await accessible(page, "putting a model to work");
  await dialog.getByRole("button", { name: "保存" }).click();
  await dialog.waitFor({ state: "hidden" });
  const work = page.getByRole("region", { name: "投用结果" });
  await work.getByRole("button", { name: "重新计算此时段" }).click();
  await page.getByText(/个窗口：新增 \d+ 个，与原来不同 0 个/).waitFor({ timeout: 60_000 });
  await work.getByRole("img", { name: /个窗口，其中/ }).waitFor();
  await page.getByRole("region", { name: "输入漂移" }).getByRole("img").waitFor();
  await accessible(page, "model at work");
  await work.getByText("表格").click();
  await work.getByRole("cell").first().waitFor();
  const { items: [study] } = await demo.api("/api/v1/model-studies");
  const again = await demo.send("POST", `/api/v1/model-studies/${study.id}/readings`, { from: ago(6), to: ago(1) });
  assert.deepEqual({ fresh: again.new, differ: again.differ, some: again.windows > 500 }, { fresh: 0, differ: 0, some: true });
});

test("a furnace that lost its insulation: what its model is asked drifts while it lasts, and is back after it was mended", async () => {
  const inputs = ["power.active", "temperature.zone1", "temperature.zone3", "temperature.zone6", "fan.current"].map((signal) => ({ signal, stat: "mean" }));
  const { s, v } = await trained({ name: { zh: "3号网带炉正常行为", en: "Furnace 3 as usual" }, machines: [furnace], inputs, window_min: 15, producing: true, target: { goal: "normal" }, from: ago(30), to: ago(15) });
  assert.equal(v.good, true, JSON.stringify(v.watched));
  await demo.send("POST", `/api/v1/model-studies/${s.id}/service`, { version: v.id, rev: s.rev });
  await demo.send("POST", `/api/v1/model-studies/${s.id}/readings`, { from: ago(30), to: new Date().toISOString() });
  const { items: drift } = await demo.api(`/api/v1/model-versions/${v.id}/drift?from=${ago(30)}&to=${ago(0)}`);
  const before = drift.filter((d) => Date.parse(d.at) < midnight - 15 * day), worst = drift.reduce((a, d) => (d.most > a.most ? d : a));
  assert.ok(before.length > 3 && before.every((d) => d.most < 0.25), `before anything was wrong: ${JSON.stringify(before.map((d) => d.most))}`);
  assert.ok(worst.most > 1 && worst.signal === "power.active", JSON.stringify(worst));
  await page.goto(`${demo.base}/health/models?study=${s.id}&from=${encodeURIComponent(ago(30))}&to=${encodeURIComponent(new Date().toISOString())}`);
  await page.getByRole("region", { name: "检验", exact: true }).getByText(/^未学过的正常窗口在限值内/).waitFor();
  const work = page.getByRole("region", { name: "投用结果" });
  await work.getByRole("img", { name: /个窗口，其中/ }).waitFor();
  await work.getByRole("heading", { name: /窗口的原因分解/ }).waitFor();
  await work.getByRole("img", { name: /占比最大/ }).waitFor();
  await page.getByRole("region", { name: "输入漂移" }).scrollIntoViewIfNeeded();
  await accessible(page, "a model of what is normal");
  await page.getByRole("button", { name: "回测", exact: true }).click();
  await page.getByText(/会预警 \d+ 次，其中 \d+ 次之后发生了已知故障/).waitFor();
  await accessible(page, "a model's backtest");
});

test("failures that nothing announces: the model says that it is no better, and is not put to work without a reason", async () => {
  const inputs = ["power.active", "vibration.rms", "temperature.cabinet"].map((signal) => ({ signal, stat: "mean" }));
  const { s, v } = await trained({ name: { zh: "3号网带炉故障", en: "Failures of furnace 3" }, machines: [furnace], inputs, window_min: 15, target: { goal: "failure", within_h: 8 }, kind: "ridge", from: ago(30), to: ago(0) });
  assert.equal(v.good, false, JSON.stringify(v.verdict));
  assert.ok(v.failures.length > 6);
  await page.goto(`${demo.base}/health/models?study=${s.id}`);
  await page.getByRole("region", { name: "检验", exact: true }).getByText(/^不优于不用模型的做法/).waitFor();
  await page.getByRole("button", { name: "投用 第 1 版" }).click();
  const dialog = page.getByRole("dialog", { name: /投用/ });
  assert.equal(await dialog.getByRole("button", { name: "保存" }).isDisabled(), true);
  await accessible(page, "a model that is no better");
  await dialog.getByRole("button", { name: "取消" }).click();
  await assert.rejects(demo.send("POST", `/api/v1/model-studies/${s.id}/service`, { version: v.id, rev: s.rev }), /by its test it is no good/);
});

test("the same in English, and on a tablet", async () => {
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "en"));
  await page.goto(`${demo.base}/health/models`);
  await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  await page.getByRole("table").first().getByText("Furnace 3 as usual").click();
  await page.getByRole("region", { name: "Drift of inputs" }).waitFor();
  await accessible(page, "english models");
  await page.setViewportSize({ width: 1024, height: 768 });
  await until("models to fit a tablet", async () => (await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 1, 5_000);
});
