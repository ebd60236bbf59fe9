// Registers and tasks in the browser: robots of a sheet are checked and stored,
// a year's return is entered and corrected, the policy's tasks are entered,
// divided among cities and show what was reached. Each page is looked at with axe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

const year = new Date().getFullYear();
let demo, browser, page;

before(async () => {
  demo = await startDemo();
  const since = Date.UTC(year - 2, 0, 1) * 1000;
  for (const [i, [region, name]] of [["330624", "新昌任务轴承有限公司"], ["330106", "杭州任务电机有限公司"]].entries()) {
    await demo.send("POST", "/api/v1/firms", { code: creditCode(i), name, region, industry: "C3451", above_scale: true, backbone: { from: `${year - 2}-01-01`, to: "" }, since });
  }
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A code of GB 32100 with the check character that fits. */
function creditCode(n) {
  const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const body = `91330624MA${String(n).padStart(7, "0")}`;
  const sum = [...body].reduce((s, c, i) => s + alphabet.indexOf(c) * (3 ** i % 31), 0);
  return body + alphabet[(31 - (sum % 31)) % 31];
}

const choose = (text) => page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: text }).first().click();

test("robots of a sheet are checked cell by cell and stored as a whole", async () => {
  await page.getByRole("link", { name: "台账" }).click();
  await page.getByText("没有符合条件的机器人").waitFor();
  await accessible(page, "ledgers-robots-empty");
  await page.getByRole("button", { name: "批量导入" }).click();
  const send = (text) => page.locator("input[type=file]").setInputFiles({ name: "机器人.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  const head = "统一社会信用代码,制造商,出厂编号,型号,轴数,投用日期,工位\n";
  await send(`${head}${creditCode(0)},发那科,F-1,M-20,2,去年,磨床1\n`);
  await page.getByText(/“2”应为 3 至 20 的整数/).waitFor();
  await page.getByText(/还有 1 行需要改正/).waitFor();
  await accessible(page, "ledgers-import-faults");
  await send(`${head}${creditCode(0)},发那科,F-1,M-20,6,${year - 1}-05-01,磨床1\n${creditCode(1)},库卡,K-1,KR-10,6,${year - 1}/6/1,\n`);
  await page.getByRole("button", { name: "导入 2 条" }).click();
  await page.getByText("已导入：新增 2 条，修改 0 条").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "发那科 M-20" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("退役日期").fill(`${year}-01-02`);
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByText("退役", { exact: true }).waitFor();
  await accessible(page, "ledgers-robots", "ledgers");
});

test("a year's return is entered, and none of it when a part is more than the whole", async () => {
  await page.getByRole("tab", { name: "申报数据" }).click();
  await page.getByRole("button", { name: "填报一年数据" }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("combobox").first().fill("新昌任务");
  await choose("新昌任务轴承");
  await form.getByLabel("生产设备（台）").fill("40");
  await form.getByLabel("数控设备（台）").fill("50");
  await form.getByLabel("销售收入（万元）").fill("1234.5");
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByText(/machines_nc（50）大于 machines（40）/).waitFor();
  await form.getByLabel("数控设备（台）").fill("30");
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByRole("cell", { name: /1,234.5/ }).waitFor();
  await accessible(page, "ledgers-returns");
  await page.getByRole("button", { name: "新昌任务轴承有限公司" }).click();
  await page.getByRole("dialog").getByRole("heading", { name: "修改记录" }).waitFor();
  await accessible(page, "ledgers-return");
  await page.keyboard.press("Escape");
});

test("a path by year is set and kept with its history", async () => {
  await page.getByRole("tab", { name: "目标设置" }).click();
  await page.getByLabel(new RegExp(`机器人.* ${year}$`)).first().fill("10");
  await page.getByLabel("基年").fill(String(year - 2));
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByRole("cell", { name: String(year - 2), exact: true }).waitFor();
  await accessible(page, "ledgers-settings");
  await page.getByRole("tab", { name: "认定与活动" }).click();
  await page.getByText("没有符合条件的记录").waitFor();
  await accessible(page, "ledgers-entries");
});

test("the policy's tasks are entered, divided and show what was reached", async () => {
  await page.getByRole("link", { name: "任务分解", exact: true }).click();
  await page.getByText("这一年还没有任务").waitFor();
  await accessible(page, "tasks-empty");
  await page.getByRole("button", { name: /按政策生成（\d+ 项）/ }).click();
  const row = page.getByRole("row").filter({ hasText: "T05" });
  await row.getByText("浙江省经济和信息化厅").waitFor(); // who carries the duties of the unit of 2018
  await row.getByRole("link", { name: /^1/ }).waitFor(); // one of two robots was retired
  await row.getByRole("button", { name: "分解" }).click();
  const parts = page.getByRole("dialog");
  await parts.getByLabel("绍兴市 计划值").fill("4");
  await parts.getByLabel("杭州市 计划值").fill("1");
  await accessible(page, "tasks-divide");
  await parts.getByRole("button", { name: "保存 2 项" }).click();
  await row.first().getByText(/分解合计 5/).waitFor();
  await row.first().getByRole("button", { name: /^展开/ }).click();
  const city = page.getByRole("row").filter({ hasText: "杭州市人民政府" });
  await city.getByText("达到", { exact: true }).waitFor();
  await accessible(page, "tasks");
  await city.getByRole("button", { name: /T05/ }).click();
  await page.getByRole("dialog").getByLabel("责任人").fill("李四");
  await page.getByRole("dialog").getByRole("button", { name: "保存" }).click();
  await city.getByText("李四").waitFor();
  // A target without a number has no light and no percentage.
  assert.equal(await page.getByRole("row").filter({ hasText: "T13" }).getByText("未启动").count(), 1);
});

test("a unit of an earlier year stands with its successor", async () => {
  await page.getByRole("tab", { name: "责任单位" }).click();
  await page.getByLabel("含已撤并").check();
  const row = page.getByRole("row").filter({ hasText: "省经信委" });
  await row.getByText("浙江省经济和信息化厅").waitFor();
  await accessible(page, "tasks-units");
  await row.getByRole("button", { name: "浙江省经济和信息化委员会" }).click();
  await page.getByRole("dialog").getByText("职责承继单位").waitFor();
  await accessible(page, "tasks-unit");
});
