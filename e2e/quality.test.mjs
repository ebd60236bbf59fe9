// The inspector's and the engineer's day in the browser: a characteristic is planned,
// measurements are entered and answered at once, limits are set with a reason, a value
// far out is seen, becomes a nonconformance and is contained; capability, a study of a
// gauge and a lot by sampling. Each page is looked at with axe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo, browser, page, lathe, diameter;

before(async () => {
  demo = await startDemo();
  const { items } = await demo.api("/api/v1/nodes");
  lathe = items.find((n) => n.path.endsWith("lathe-01"));
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const dialog = () => page.getByRole("dialog").last();
const tab = (name) => page.getByRole("tab", { name, exact: true }).click();

async function choose(within, label, text) {
  await within.getByLabel(label, { exact: true }).first().click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: text }).first().click();
}

test("a characteristic is planned", async () => {
  await page.getByRole("link", { name: "质量", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "质量" }).waitFor();
  await accessible(page, "quality-empty");
  await tab("检验计划");
  await page.getByRole("button", { name: "新增特性" }).click();
  const form = dialog();
  await form.getByLabel("编号").fill("3.1");
  await form.getByLabel("中文名").fill("手检外径");
  await form.getByLabel("地点").first().click();
  await page.keyboard.type("1号车床");
  await page.locator(".ant-select-tree-title", { hasText: "1号车床" }).first().click();
  await form.getByLabel("下规范限").fill("29.99");
  await form.getByLabel("上规范限").fill("30.02");
  await form.getByLabel("单位").fill("mm");
  await accessible(page, "quality-plan-form");
  await form.getByRole("button", { name: /保\s*存/ }).click();
  await page.getByRole("button", { name: "3.1", exact: true }).waitFor();
  await accessible(page, "quality-plans");
  const { items } = await demo.api("/api/v1/characteristics");
  diameter = items.find((c) => c.code === "3.1");
  assert.equal(diameter.place, lathe.id);
});

test("measurements are entered and answered at once; limits are set with a reason", async () => {
  const wavy = Array.from({ length: 30 }, (_, i) => 30 + 0.002 * Math.sin(i * i));
  for (const [i, v] of wavy.entries()) await demo.send("POST", `/api/v1/characteristics/${diameter.id}/measurements`, { values: [v], at: new Date(Date.now() - (40 - i) * 60_000).toISOString(), key: `w${i}` });
  await page.getByRole("button", { name: "3.1", exact: true }).click();
  await page.getByText("试用控制限", { exact: false }).waitFor();
  await accessible(page, "quality-trial");
  await page.getByRole("button", { name: "确定控制限" }).click();
  await dialog().getByText("若采用", { exact: false }).waitFor();
  await dialog().getByLabel("理由").fill("首批30件，过程稳定");
  await dialog().getByRole("button", { name: /保\s*存/ }).click();
  await page.getByRole("cell", { name: "首批30件，过程稳定" }).waitFor();
  await tab("检验录入");
  await page.getByLabel("测量值 1").fill("30.001");
  await page.getByRole("button", { name: /录\s*入/, exact: true }).click();
  await page.getByText("受控：30.001", { exact: false }).waitFor();
  await page.getByLabel("测量值 1").fill("30.024");
  await page.getByRole("button", { name: /录\s*入/, exact: true }).click();
  await page.getByText("超出规范：30.024", { exact: false }).waitFor();
  await page.getByText("N1：1点超3σ", { exact: false }).first().waitFor();
  await accessible(page, "quality-entry");
});

test("the chart shows it, keys and hands look at it, its table says the same, it becomes a case", async () => {
  await tab("控制图");
  await page.getByText("控制限第 1 版", { exact: false }).waitFor();
  const chart = page.getByRole("application", { name: /32 个子组，1 个异常/ }); // the window moves on by itself
  await chart.waitFor();
  await accessible(page, "quality-chart");
  await chart.focus();
  for (let i = 0; i < 32; i++) await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await dialog().getByText("N1：1点超3σ", { exact: false }).waitFor();
  await choose(dialog(), "原因类别", "刀具");
  await dialog().getByLabel("说明").fill("刀片崩刃");
  await dialog().getByRole("button", { name: "保存批注" }).click();
  await dialog().getByText("刀片崩刃").waitFor();
  await accessible(page, "quality-point");
  await dialog().getByRole("button", { name: "登记不合格" }).click();
  await page.getByLabel("什么不合格", { exact: false }).fill("外径超上差 1 件");
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await page.getByRole("dialog").getByText("待隔离").first().waitFor();
  await dialog().getByLabel("做了什么").fill("隔离 1 件");
  await dialog().getByRole("button", { name: "隔离处置（D3）" }).click();
  await page.getByRole("dialog").getByText("已隔离，查原因").first().waitFor();
  await accessible(page, "quality-case");
  await page.keyboard.press("Escape");
});

test("a part of the chart is looked at closer, saved as a picture and as a table", async () => {
  await tab("控制图");
  await page.getByRole("application").waitFor();
  const [picture] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "导出图片" }).click()]);
  assert.equal(picture.suggestedFilename(), "3.1.svg");
  const box = await page.getByRole("application").boundingBox();
  await page.mouse.move(box.x + 120, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + 420, box.y + 140, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=/);
  await page.waitForFunction(() => /\d+ 个子组/.exec(document.querySelector("[role=application]")?.getAttribute("aria-label") ?? "")?.[0] !== "32 个子组");
  await page.getByText("表格", { exact: true }).first().click();
  await page.getByRole("columnheader", { name: "违反准则" }).waitFor();
  await accessible(page, "quality-table");
});

test("charts that remember, of items in turn and of several characteristics, each with its table", async () => {
  const second = await demo.send("POST", "/api/v1/characteristics", { code: "3.2", name: { zh: "圆度" }, place: lathe.id, stage: "in_process", unit: "mm", decimals: 4, size: 1, chart: "imr", rules: ["n1"] });
  const { points } = await demo.api(`/api/v1/characteristics/${diameter.id}/chart?from=${new Date(Date.now() - 86_400_000).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`);
  for (const [i, p] of points.entries()) await demo.send("POST", `/api/v1/characteristics/${second.id}/measurements`, { values: [0.003 + 0.001 * Math.cos(i * i)], at: p.at, key: `r${i}` });
  await page.goto(`${demo.base}/quality?tab=chart&characteristic=${diameter.id}`);
  for (const [name, column] of [["EWMA", "EWMA"], ["CUSUM", "上侧和"], ["短期运行 Z-MR", "与目标之差"]]) {
    await choose(page, "图种", name);
    await page.getByRole("img", { name: new RegExp(`${name}，32 个子组，[1-9]`) }).waitFor();
    await page.getByText("表格", { exact: true }).last().click();
    await page.getByRole("columnheader", { name: column }).waitFor();
    await accessible(page, `quality-${name}`);
  }
  await choose(page, "图种", "多变量 T²");
  await page.getByText("选择在同一处测量的其他特性").waitFor();
  await choose(page, "一起看的特性", "圆度");
  await page.getByRole("img", { name: /多变量 T²，32 个子组，[1-9]/ }).waitFor();
  await page.keyboard.press("Escape");
  await accessible(page, "quality-t2");
  await choose(page, "图种", "单值-移动极差 I-MR");
});

test("capability, with what to bear in mind", async () => {
  await tab("过程能力");
  await page.getByRole("rowheader", { name: "Cpk", exact: true }).waitFor();
  await page.getByText("少于 100 个值", { exact: false }).waitFor();
  await accessible(page, "quality-capability");
});

test("a gauge, its study, and a lot by sampling", async () => {
  await tab("量具与 MSA");
  await page.getByRole("button", { name: "新增量具" }).click();
  await dialog().getByLabel("编号", { exact: true }).fill("Q-17");
  await dialog().getByLabel("中文名").fill("外径千分尺");
  await dialog().getByLabel("地点").first().click();
  await page.keyboard.type("1号车床");
  await page.locator(".ant-select-tree-title", { hasText: "1号车床" }).first().click();
  await dialog().getByRole("button", { name: /保\s*存/ }).click();
  await page.getByRole("cell", { name: "Q-17", exact: true }).first().waitFor();
  await page.getByText("已到期").waitFor();
  await accessible(page, "quality-gauges");
  await page.getByRole("button", { name: "新建 GR&R Q-17" }).click();
  await dialog().getByLabel("测了什么").fill("外径");
  await dialog().getByLabel("零件数").fill("3");
  await dialog().getByLabel("操作者（逗号分隔）").fill("李, 王");
  for (let p = 1; p <= 3; p++) for (const [k, who] of ["李", "王"].entries()) for (let n = 1; n <= 2; n++) await dialog().getByLabel(`零件 ${p} ${who} 第 ${n} 次`).fill(String(5 + p / 10 + k / 1000 + n / 2000));
  await accessible(page, "quality-study");
  await dialog().getByRole("button", { name: "计算并保存" }).click();
  await dialog().getByText("可用", { exact: false }).first().waitFor();
  await page.keyboard.press("Escape");
  await demo.send("POST", "/api/v1/characteristics", { code: "4", name: { zh: "外观" }, place: lathe.id, stage: "incoming", attribute: true, chart: "p", size: 80, level: "II", aql: 1, rules: ["n1"] });
  await page.reload();
  await tab("抽样检验");
  await choose(page, "特性", "外观");
  await page.getByLabel("批量").fill("1000");
  await page.getByText("抽 80 件，Ac 2，Re 3", { exact: false }).waitFor();
  await page.getByLabel("不合格品数").fill("3");
  await page.getByLabel("供应商", { exact: true }).fill("宁波铸造");
  await page.getByRole("button", { name: /判\s*定/ }).click();
  await page.getByText("拒收").waitFor();
  await accessible(page, "quality-lots");
  await tab("供应商");
  await page.getByRole("row", { name: /宁波铸造 1 0/ }).waitFor();
  await page.getByRole("button", { name: "按月看 宁波铸造" }).click();
  await page.getByRole("columnheader", { name: "月份" }).waitFor();
  await accessible(page, "quality-suppliers");
  await tab("缺陷排列图");
  await page.getByText("此时段没有记录缺陷。").or(page.getByRole("columnheader", { name: "缺陷" })).first().waitFor();
  await accessible(page, "quality-defects");
});
