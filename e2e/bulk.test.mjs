// Machines by the sheet, as an engineering service adds them: dropped, mended
// in the page, connected all together, taken back.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { startNode } from "./node.mjs";
import { freePort } from "./demo.mjs";

const axeSource = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
let dir, node, browser, page, closed;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-bulk-"));
  node = await startNode(dir, "works");
  closed = await freePort(); // nobody answers there
  const places = [["works", "enterprise"], ["works/plant", "site"], ["works/plant/hall", "area"]];
  for (const [path, level] of places) await node.api("/api/v1/nodes", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ path, level, name: { zh: path } }) });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
});

after(async () => {
  await browser?.close();
  await node?.stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** The page in a language, as an administrator sees it. */
async function open(language) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: language, timezoneId: "Asia/Shanghai", reducedMotion: "reduce" });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.route(`${node.base}/api/**`, (route) => route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${node.token}` } }));
  await page.addInitScript((lang) => localStorage.setItem("zhigai.lang", lang), language.slice(0, 2));
  await page.goto(`${node.base}/devices?tab=bulk`);
}

async function accessible(where) {
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished)));
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    const r = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
    return r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(" | ")}`);
  });
  assert.deepEqual(found, [], `axe on ${where}`);
}

const machines = async () => (await node.api("/api/v1/nodes?scope=")).items.filter((n) => n.level === "equipment");

/** Sixty rows, of which one names no profile and two the same device. */
function sheet() {
  const rows = [["路径", "中文名称", "设备类型", "地址", "param.unit"]];
  for (let n = 1; n <= 60; n++) rows.push([`works/plant/hall/line-1/m-${n}`, `${n}号车床`, n === 7 ? "demo-late" : "demo-lathe", `127.0.0.1:${closed}`, n === 9 ? "8" : String(n)]);
  return `${rows.map((r) => r.join(",")).join("\n")}\n`;
}

test("sixty machines: dropped, mended in the page, connected together", async () => {
  await open("zh-CN");
  await page.getByText("把 .xlsx 或 .csv 文件拖到这里，或选择文件").waitFor();
  await accessible("the empty page");
  const file = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "清单.csv"));
    return data;
  }, sheet());
  await page.getByTestId("drop").dispatchEvent("drop", { dataTransfer: file });
  await page.getByText("清单.csv：60 行").waitFor();
  await page.getByText(/there is no place works\/plant\/hall\/line-1/).first().waitFor();
  await accessible("a sheet with errors");
  assert.ok(await page.getByRole("button", { name: /^接入/ }).isDisabled());

  await page.getByRole("checkbox", { name: "创建缺少的位置" }).check();
  await page.getByText("2 行有错误", { exact: false }).waitFor();
  await page.getByText("缺少的位置（1）").waitFor();
  const show = page.getByRole("combobox", { name: "显示" });
  for (const key of ["Enter", "ArrowDown", "Enter"]) await show.press(key); // from all to those to mend
  await page.getByRole("button", { name: "第 8 行 设备类型：demo-late" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "去掉第 2 行" }).count(), 0, "a sound row among those to mend");
  // By keyboard alone.
  await page.getByRole("button", { name: "第 8 行 设备类型：demo-late" }).press("Enter");
  await page.getByLabel("第 8 行 设备类型").fill("demo-lathe");
  await page.keyboard.press("Enter");
  await page.getByText("1 行有错误", { exact: false }).waitFor();
  await page.getByText(/the same device as row 9/).waitFor();
  await page.getByRole("button", { name: "第 10 行 param.unit：8" }).press("Enter");
  await page.getByLabel("第 10 行 param.unit").fill("9");
  await page.keyboard.press("Enter");
  await page.getByText("没有错误：新设备 60 台，有变化 0 台，无变化 0 台。").waitFor();
  assert.equal((await machines()).length, 0, "something was written before it was asked for");
  await accessible("a sheet without errors");

  await page.getByRole("button", { name: "接入 60 台设备" }).click();
  await page.getByText("已接入：新设备 60 台，修改 0 台，新位置 1 个。").waitFor();
  await accessible("the result");
  assert.equal((await machines()).length, 60);
  await page.getByRole("button", { name: "撤销这次导入" }).click();
  await page.getByRole("tooltip").getByRole("button", { name: /确\s*定|OK/ }).click();
  await page.getByText("已撤销，61 个节点恢复原状").waitFor();
  assert.equal((await machines()).length, 0);
  await page.context().close();
});

test("pasted cells, every connection tried, in English", async () => {
  await open("en-US");
  await page.getByLabel("Paste cells of Excel (names of the columns first)").fill(`path\tname.zh\tprofile\taddress\tparam.unit\nworks/plant/hall/a-1\t一号\tdemo-lathe\t127.0.0.1:${closed}\t1\n`);
  await page.getByRole("button", { name: "Read", exact: true }).click();
  await page.getByText("No errors: 1 new, 0 changed, 0 unchanged.").waitFor();
  await page.getByRole("button", { name: "Test all connections" }).click();
  await page.getByText(/does not answer: /).waitFor();
  await page.getByText("1 of 1 tested").waitFor();
  await page.getByRole("button", { name: "Leave row 2 out" }).click();
  await page.getByText("there is nothing to do", { exact: false }).waitFor();
  await page.context().close();
});

test("the template is a sheet without errors", async () => {
  await open("zh-CN");
  const link = await page.getByRole("link", { name: "下载模板" }).getAttribute("href");
  const res = await fetch(node.base + link, { headers: { Authorization: `Bearer ${node.token}` } });
  assert.match(res.headers.get("Content-Disposition"), /machines-template\.xlsx/);
  await page.locator("input[type=file]").setInputFiles({ name: "模板.xlsx", mimeType: "application/octet-stream", buffer: Buffer.from(await res.arrayBuffer()) });
  await page.getByText(/没有错误：新设备 [3-9] 台/).waitFor();
  await page.context().close();
});

test("a column nobody knows is named", async () => {
  await open("zh-CN");
  const name = join(dir, "wrong.csv");
  await writeFile(name, "路径,颜色\nworks/plant/hall/a,红\n");
  await page.locator("input[type=file]").setInputFiles(name);
  await page.getByText(/column 2 is named "颜色"/).waitFor();
  await page.context().close();
});
