// The process engineer holds loads against a golden batch, asks what was different about
// bad runs, and plans, does, reads and concludes an experiment.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page;

before(async () => {
  demo = await startDemo(undefined, "--past", "2");
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("loads are held against a golden batch, and one of them signal by signal", async () => {
  await page.goto(`${demo.base}/process/batches?range=7d`);
  await page.getByRole("heading", { level: 1, name: "黄金批次" }).waitFor();
  const runs = page.getByRole("region", { name: "各次运行" });
  await runs.getByRole("status").filter({ hasText: /\d+ 次，\d+ 次偏离/ }).waitFor();
  await accessible(page, "golden batches", "golden-batch");
  await runs.getByRole("row").nth(1).getByRole("button").first().click();
  const beside = page.getByRole("region", { name: "与黄金批次比较" });
  await beside.getByRole("status").filter({ hasText: /[▲✓]/ }).waitFor();
  await beside.getByRole("button", { name: /有功功率/ }).click();
  await beside.getByRole("img", { name: /有功功率/ }).waitFor();
  await beside.getByRole("button", { name: "表格" }).click();
  await beside.getByRole("columnheader", { name: "下限" }).waitFor();
  await accessible(page, "a load beside its golden batch");
  await beside.getByRole("link", { name: "查看采样" }).first().click();
  await page.waitForURL(/\/machines\//);
});

test("a golden batch is made of chosen runs, tried and kept with a reason", async () => {
  await page.goto(`${demo.base}/process/batches?range=7d`);
  await page.getByRole("button", { name: "新建黄金批次" }).click();
  const drawer = page.getByRole("dialog", { name: "新建黄金批次" });
  await drawer.getByLabel("名称").fill("1号炉连续生产");
  await pick(drawer.getByLabel("设备"), "1号网带炉");
  await choose(drawer.getByLabel("如何划分运行"), "按等长时段");
  const signals = drawer.getByRole("combobox", { name: "信号" });
  await signals.click();
  for (const name of ["有功功率", "1区温度"]) {
    await signals.fill(name);
    await page.locator(".ant-select-item-option", { hasText: name }).first().click();
  }
  await page.keyboard.press("Escape");
  await drawer.getByRole("button", { name: "查找运行" }).click();
  await drawer.getByRole("button", { name: "全选" }).click();
  await drawer.getByRole("button", { name: "试算" }).click();
  await drawer.getByText(/逐一留出时最高得分/).waitFor();
  assert.equal(await drawer.getByRole("button", { name: "保存" }).isDisabled(), true);
  await drawer.getByRole("button", { name: "去掉与其余不像的" }).click();
  await drawer.getByLabel(/为什么这些是好的/).fill("硬度合格");
  await accessible(page, "choosing good runs");
  await drawer.getByRole("button", { name: "保存" }).click();
  await drawer.waitFor({ state: "hidden" });
  const { items } = await demo.api("/api/v1/golden-batches");
  assert.equal(items.length, 2);
  assert.equal(items[0].reason, "硬度合格");
  assert.equal(items[0].runs.every((r) => r.score <= 2.5), true);
});

test("what a lathe's diameter goes with is tool wear, and it is said how sure that is", async () => {
  await page.goto(`${demo.base}/process/causes`);
  await page.getByRole("heading", { level: 1, name: "原因筛查" }).waitFor();
  await page.getByRole("region", { name: "检验结果" }).getByText(/对留出运行的 Q²/).waitFor();
  await page.getByRole("region", { name: "原因", exact: true }).getByText(/刀具磨损/).first().waitFor();
  await accessible(page, "causes", "causes");
  await page.getByRole("button", { name: "新的筛查" }).click();
  const drawer = page.getByRole("dialog", { name: "新的筛查" });
  await pick(drawer.getByLabel("设备"), "2号车床");
  await choose(drawer.getByLabel("要解释的结果"), "信号均值");
  await drawer.getByRole("combobox", { name: "信号" }).first().fill("外径实测");
  await page.locator(".ant-select-item-option", { hasText: "外径实测" }).first().click();
  await drawer.getByLabel("时段长度（分钟）").fill("15");
  await accessible(page, "asking for causes");
  await drawer.getByRole("button", { name: "筛查" }).click();
  await drawer.waitFor({ state: "hidden" });
  const { items } = await demo.api("/api/v1/cause-screenings");
  assert.equal(items.length, 2);
  assert.equal(items[0].held_out > 0 && items[0].p > 0 && items[0].p <= 1, true);
});

test("an experiment of the demo is read: variance, effects, surface, best settings, the next run", async () => {
  await page.goto(`${demo.base}/process/experiments`);
  await page.getByRole("heading", { level: 1, name: "试验设计" }).waitFor();
  await page.getByRole("tab", { name: "分析" }).click();
  await page.getByRole("region", { name: "方差分析" }).getByText("A²").waitFor();
  await page.getByRole("region", { name: "残差" }).waitFor();
  await accessible(page, "analysis of an experiment", "experiment");
  const surface = page.getByRole("region", { name: "响应曲面" });
  await surface.getByRole("img").waitFor();
  await surface.scrollIntoViewIfNeeded();
  await accessible(page, "a response surface");
  await surface.getByRole("button", { name: "表格" }).click();
  await surface.getByRole("table").waitFor();
  await page.getByRole("tab", { name: "最佳设定与下一次" }).click();
  await page.getByText(/95% 的单次试验落在其中/).first().waitFor();
  await page.getByRole("region", { name: "下一次试什么" }).getByText(/预期改进|可能的改进/).waitFor();
  await accessible(page, "best settings");
});

test("an experiment is planned within safe limits, entered run by run, and concluded", async () => {
  await page.goto(`${demo.base}/process/experiments`);
  await page.getByRole("button", { name: "计划试验" }).click();
  const drawer = page.getByRole("dialog", { name: "计划试验" });
  await drawer.getByLabel("名称").fill("磨削进给");
  await pick(drawer.getByLabel("地点"), "1号车床");
  await drawer.getByLabel(/要弄清什么/).fill("进给与转速怎样影响粗糙度");
  const factor = async (n, name, low, high, safeLow, safeHigh) => {
    await drawer.getByLabel(`因素 ${n}`, { exact: true }).fill(name);
    for (const [label, v] of [["低", low], ["高", high], ["安全下限", safeLow], ["安全上限", safeHigh]]) await drawer.getByLabel(`${label} ${n}`, { exact: true }).first().fill(String(v));
  };
  await factor(1, "进给", 0.1, 0.3, 0.15, 0.35);
  await factor(2, "转速", 1000, 2000, 800, 2500);
  await drawer.getByLabel("响应 1", { exact: true }).fill("粗糙度");
  await choose(drawer.getByLabel("期望 1", { exact: true }), "越小越好");
  await drawer.getByRole("button", { name: "试排" }).click();
  await page.getByText(/超出|beyond the safe limits/).first().waitFor();
  await drawer.getByLabel("安全下限 1", { exact: true }).fill("0.05");
  await drawer.getByRole("button", { name: "试排" }).click();
  await drawer.getByRole("status").filter({ hasText: "7 次" }).waitFor();
  await accessible(page, "planning an experiment");
  await drawer.getByRole("button", { name: "保存" }).click();
  await drawer.waitFor({ state: "hidden" });
  await page.getByRole("heading", { level: 2, name: "磨削进给" }).waitFor();
  for (let no = 1; no <= 7; no++) {
    await page.getByRole("button", { name: `录入 第 ${no} 次`, exact: true }).click();
    const form = page.getByRole("dialog", { name: `第 ${no} 次` });
    const at = async (label) => Number(await form.getByLabel(label, { exact: true }).inputValue());
    const [feed, speed] = [await at("进给"), await at("转速")];
    await form.getByLabel("粗糙度", { exact: true }).fill(String((0.2 + 2 * feed - 0.0001 * (speed - 1500) + 0.002 * (no % 3)).toFixed(4)));
    if (no === 1) await accessible(page, "entering a run");
    await form.getByRole("button", { name: "保存" }).click();
    await form.waitFor({ state: "hidden" });
  }
  await accessible(page, "runs of an experiment");
  await page.getByRole("tab", { name: "最佳设定与下一次" }).click();
  await page.getByRole("button", { name: "按此做一次验证试验" }).click();
  await page.getByRole("tab", { name: "试验单" }).click();
  await page.getByRole("cell", { name: "验证", exact: true }).waitFor();
  await page.getByRole("button", { name: "分析完成" }).click();
  const why = page.getByRole("dialog", { name: "分析完成" });
  await why.getByLabel("原因").fill("验证试验下周做");
  await why.getByRole("button", { name: "保存" }).click();
  await page.getByRole("button", { name: "下结论" }).click();
  const end = page.getByRole("dialog", { name: "下结论" });
  await end.getByLabel("结论").fill("进给取 0.1");
  await end.getByLabel("配方改动").fill("粗车进给 0.2 改为 0.1");
  await accessible(page, "concluding an experiment");
  await end.getByRole("button", { name: "保存" }).click();
  await page.getByRole("region", { name: "试验", exact: true }).getByText("粗车进给 0.2 改为 0.1").waitFor();
  const { items } = await demo.api("/api/v1/experiments");
  assert.equal(items[0].state, "concluded");
  assert.equal(items[0].runs.length, 8);
  assert.equal(items[0].log.length, 11);
});

test("the same in English", async () => {
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "en"));
  for (const [path, name] of [["batches", "Golden batches"], ["causes", "Causes"], ["experiments", "Experiments"]]) {
    await page.goto(`${demo.base}/process/${path}`);
    await page.getByRole("heading", { level: 1, name }).waitFor();
    await page.getByRole("navigation", { name: "Pages of the process" }).getByRole("link").first().waitFor();
    await accessible(page, `english ${path}`);
    await page.setViewportSize({ width: 1024, height: 768 });
    await until(`${path} to fit a tablet`, async () => (await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 1, 5_000);
    await page.setViewportSize({ width: 1366, height: 768 });
  }
});

/** Takes a node of the tree by its name. */
async function pick(field, name) {
  await field.click();
  await field.fill(name);
  await page.getByTitle(name, { exact: true }).last().click();
}

/** Takes an option of a list. */
async function choose(field, name) {
  await field.click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: name }).first().click();
}
