// Machines by the sheet, as an engineering service adds them: dropped, mended
// in the page, connected all together, taken back.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch, person } from "./browser.mjs";
import { freePort } from "./demo.mjs";
import { startNode } from "./node.mjs";

let dir, node, browser, page, closed;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-bulk-"));
  node = await startNode(dir, "works");
  closed = await freePort(); // nobody answers there
  const places = [["works", "enterprise"], ["works/plant", "site"], ["works/plant/hall", "area"]];
  for (const [path, level] of places) await node.api("/api/v1/nodes", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ path, level, name: { zh: path } }) });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await node?.stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** The page in a language, as an administrator sees it. */
async function open(language) {
  const context = await browser.newContext({ ...person, locale: language });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.route(`${node.base}/api/**`, (route) => route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${node.token}` } }));
  await page.addInitScript((lang) => localStorage.setItem("zhigai.lang", lang), language.slice(0, 2));
  await page.goto(`${node.base}/devices?tab=bulk`);
}

const machines = async () => (await node.api("/api/v1/nodes?scope=")).items.filter((n) => n.level === "equipment");

/** Sixty rows, of which one names no profile and two the same device. */
function sheet() {
  const rows = [["路径", "中文名称", "设备类型", "地址", "param.unit"]];
  for (let n = 1; n <= 60; n++) rows.push([`works/plant/hall/line-1/m-${n}`, `${n}号车床`, n === 7 ? "demo-late" : "demo-lathe", `127.0.0.1:${closed}`, n === 9 ? "8" : String(n)]);
  return `${rows.map((r) => r.join(",")).join("\n")}\n`;
}

/** The cell of a column in a row, as it can be written. */
const cell = (line, column) => page.getByLabel(`第 ${line} 行 ${column}`, { exact: true });

async function write(line, column, value) {
  await cell(line, column).fill(value);
  await page.keyboard.press("Enter");
}

test("sixty machines: dropped, mended in the page, connected together, taken back", async () => {
  await open("zh-CN");
  await page.getByText("把 .xlsx 或 .csv 文件拖到这里，或点击选择").waitFor();
  await accessible(page, "bulk: the empty page");
  await page.locator("input[type=file]").setInputFiles({ name: "清单.csv", mimeType: "text/csv", buffer: Buffer.from(sheet()) });
  await page.getByText(/没有位置 works\/plant\/hall\/line-1/).first().waitFor();
  await accessible(page, "bulk: a sheet with errors");
  assert.ok(await page.getByRole("button", { name: /^导入/ }).isDisabled());
  await page.getByRole("checkbox", { name: "创建缺少的位置" }).click();
  await page.getByText("还有 2 行需要改正").waitFor();
  await page.getByRole("checkbox", { name: "只看有错的行" }).check();
  assert.equal(await cell(2, "地址").count(), 0, "a sound row among those to mend");
  await write(8, "设备类型", "demo-lathe");
  await page.getByText("还有 1 行需要改正").waitFor();
  await page.getByText(/连接地址与第 9 行相同/).waitFor();
  await write(10, "param.unit", "9");
  await page.getByRole("checkbox", { name: "只看有错的行" }).uncheck();
  await page.getByText("新增 60", { exact: true }).waitFor();
  assert.equal((await machines()).length, 0, "something was written before it was asked for");
  await accessible(page, "bulk: a sheet without errors");

  await page.getByRole("button", { name: "导入 60 台" }).click();
  await page.getByText("已导入：新增 60 台，修改 0 台，新建位置 1 个").waitFor();
  await accessible(page, "bulk: the result");
  assert.equal((await machines()).length, 60);
  // Another day: the page was left, the import is still to be taken back.
  await page.reload();
  await page.getByRole("heading", { name: "导入记录" }).waitFor();
  await page.getByRole("cell", { name: "新增 60 台，修改 0 台，位置 1 个" }).waitFor();
  await accessible(page, "bulk: past imports");
  await page.getByRole("button", { name: "撤销导入" }).click();
  await page.getByRole("tooltip").getByRole("button", { name: /确\s*定|OK/ }).click();
  await page.getByText("已撤销").waitFor();
  assert.equal((await machines()).length, 0);
  await page.context().close();
});

test("every connection is tried", async () => {
  await open("zh-CN");
  const text = `path,name.zh,profile,address,param.unit\nworks/plant/hall/a-1,一号,demo-lathe,127.0.0.1:${closed},1\n`;
  await page.locator("input[type=file]").setInputFiles({ name: "one.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await page.getByRole("button", { name: "测试全部连接" }).click();
  await page.getByText("已测 1 / 1 台，0 台有应答").waitFor();
  await page.getByText(/^无应答：/).waitFor();
  await page.context().close();
});

test("the template is a sheet without errors", async () => {
  await open("zh-CN");
  const link = await page.getByRole("link", { name: "下载模板" }).getAttribute("href");
  const res = await fetch(node.base + link, { headers: { Authorization: `Bearer ${node.token}` } });
  assert.match(res.headers.get("Content-Disposition"), /machines-template\.xlsx/);
  await page.locator("input[type=file]").setInputFiles({ name: "模板.xlsx", mimeType: "application/octet-stream", buffer: Buffer.from(await res.arrayBuffer()) });
  await page.getByText(/^新增 [1-9]/).first().waitFor();
  assert.equal(await page.getByText(/行需要改正/).count(), 0);
  await page.context().close();
});

test("a column nobody knows is named", async () => {
  await open("zh-CN");
  await page.locator("input[type=file]").setInputFiles({ name: "wrong.csv", mimeType: "text/csv", buffer: Buffer.from("路径,颜色\nworks/plant/hall/a,红\n") });
  await page.getByText(/第 2 列的列名 "颜色"/).waitFor();
  await page.context().close();
});

// Remote desktops and many panel computers do without animations.
test("without motion a list opens within sight", async () => {
  await open("zh-CN");
  await page.getByRole("tab", { name: "发现设备" }).click();
  await page.getByRole("combobox", { name: "协议" }).click();
  await page.locator(".ant-select-dropdown").getByText("snmp", { exact: true }).click({ timeout: 5000 });
  await page.context().close();
});
