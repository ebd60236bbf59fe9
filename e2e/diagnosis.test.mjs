// Carries a diagnosis of the demo firm from its beginning to its report in the
// browser, by mouse and by keyboard, looks at each part with axe, and fetches the
// files.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page;

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const tab = (name) => page.getByRole("tab", { name }).click();

test("a diagnosis begins half filled", async () => {
  await page.getByRole("link", { name: "诊断", exact: true }).click();
  await page.getByText(/还没有诊断/).waitFor();
  await accessible(page, "diagnosis-empty");
  await page.getByRole("button", { name: "新建诊断" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("企业", { exact: true }).click();
  await page.getByTitle(/新昌轴承/).click();
  await form.getByLabel("标题").fill("2026 年度诊断");
  await accessible(page, "diagnosis-new");
  await form.getByRole("button", { name: "开始并取证" }).click();
  await page.getByRole("heading", { level: 1, name: "2026 年度诊断" }).waitFor({ timeout: 60_000 });
  const { items } = await demo.api("/api/v1/diagnoses");
  assert.ok(items[0].from_machine >= 8, `${items[0].from_machine} of ${items[0].asked} filled`);
});

test("evidence opens down to what it was made of", async () => {
  await page.getByLabel("查找要求").fill("主要设备用电");
  await page.getByRole("option", { name: /主要设备用电在线计量/ }).click();
  await page.getByRole("heading", { level: 3, name: "机器证据" }).waitFor();
  await accessible(page, "diagnosis-evidence");
  await page.getByRole("button", { name: /用电量/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: /^下钻/ }).first().waitFor({ timeout: 45_000 });
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
});

test("the rest is answered by keyboard", async () => {
  await page.getByLabel("查找要求").fill("");
  await page.getByRole("checkbox", { name: /只看未答/ }).check();
  const first = page.getByRole("option").first();
  const text = await first.innerText();
  await first.click();
  await page.keyboard.press("ArrowDown");
  await until("the next is looked at", async () => (await page.locator('[role=option][aria-selected=true]').innerText()) !== text);
  await page.keyboard.press("ArrowUp");
  await until("the first again", async () => (await page.locator('[role=option][aria-selected=true]').innerText()) === text);
  await page.getByText("2 大部分满足").click();
  await page.getByLabel("说明").fill("现场核实");
  await page.locator("input[type=file]").setInputFiles({ name: "规划.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4 proof") });
  await page.getByRole("link", { name: "规划.pdf" }).waitFor();
  await page.getByRole("button", { name: "保存并看下一项" }).click();
  await until("it is answered", async () => (await page.getByRole("option").first().innerText()) !== text);
  await accessible(page, "diagnosis-answers");
});

test("score, measures, team and history", async () => {
  await tab("得分与差距");
  await page.getByRole("heading", { name: "能力雷达" }).waitFor();
  await page.getByRole("img", { name: /雷达图/ }).waitFor();
  await accessible(page, "diagnosis-outcome", "diagnosis");
  await tab(/改进措施/);
  await page.getByRole("button", { name: "新增措施" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("措施", { exact: true }).fill("磨床联网");
  await form.getByLabel("年效益（万元）").fill("35");
  await form.getByLabel("投入（万元）").fill("12.34");
  await accessible(page, "diagnosis-measure");
  await form.getByRole("button", { name: /保\s*存/ }).click();
  await page.getByRole("cell", { name: "12.34" }).waitFor();
  await accessible(page, "diagnosis-measures");
  await tab("计划与团队");
  await page.getByRole("button", { name: "增加成员" }).click();
  await page.getByLabel("姓名").fill("李工");
  await accessible(page, "diagnosis-team");
  await page.getByRole("button", { name: /保\s*存/ }).last().click();
  await page.getByText(/李工：未申明利益关系/).waitFor();
  // Nobody visits before interests are declared.
  await page.getByRole("button", { name: "开始诊断" }).click();
  await page.getByRole("dialog").getByRole("button", { name: /确\s*定/ }).click();
  await page.getByText(/尚未申明有无利益冲突/).waitFor();
  await tab("企业答复与跟踪");
  await accessible(page, "diagnosis-reply");
  await tab("记录");
  await page.getByRole("cell", { name: "机器取证" }).first().waitFor();
  await accessible(page, "diagnosis-history");
});

test("the report is a PDF and a Word document", async () => {
  for (const [name, start] of [["报告 PDF", "%PDF-"], ["报告 Word", "PK"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name }).click()]);
    assert.equal((await readFile(await download.path())).subarray(0, start.length).toString(), start);
  }
});

test("the list finds it by state and by name", async () => {
  await page.getByRole("button", { name: "返回列表" }).click();
  await page.getByRole("button", { name: "2026 年度诊断" }).waitFor();
  await accessible(page, "diagnosis-list");
  await page.goto(`${demo.base}/diagnoses?state=closed`);
  await page.getByText("没有符合条件的内容").waitFor();
  await page.goto(`${demo.base}/diagnoses?state=planned&q=${encodeURIComponent("年度")}`);
  await page.getByRole("button", { name: "2026 年度诊断" }).waitFor();
});

test("full coverage is counted", async () => {
  await page.goto(`${demo.base}/diagnoses?tab=coverage&by=city`);
  await page.getByText("应诊断 1 家，已诊断 0 家（0.0 %），诊断中 1 家").waitFor();
  await accessible(page, "diagnosis-coverage");
});

test("who may not see firms has no such page in the menu", async () => {
  const viewer = await signedIn(browser, demo.base, "viewer", "viewer-demo");
  assert.equal(await viewer.getByRole("link", { name: "诊断", exact: true }).count(), 0);
});
