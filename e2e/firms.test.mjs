// The keeper of a registry takes a list over that comes in GB 18030 and with
// faults, mends it, finds firms by name, pinyin and code, looks at what changed,
// and joins a firm that was entered twice, in a real browser.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { startNode } from "./node.mjs";

const password = "long-enough-word";
const header = "统一社会信用代码,企业名称,行政区划代码,行业代码,规上企业,2025年销售收入（万元）";
let dir, node, browser, page;

/** The code with its check character, GB 32100-2015. */
function code(n) {
  const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const text = `91330624${String(n).padStart(9, "0")}`;
  const sum = [...text].reduce((s, c, i) => s + letters.indexOf(c) * (3 ** i % 31), 0);
  return text + letters[(31 - (sum % 31)) % 31];
}

const rows = [
  [code(1), "新昌宏达轴承有限公司", "330624", "3451", "是", "5200"],
  [code(2), "新昌恒远机械有限公司", "330624", "3421", "否", "800"],
  [code(3), "新昌县宏达轴承有限公司", "330624", "3451", "是", "5200"],
  [code(4), "诸暨正泰隆纺织有限公司", "330681", "1711", "是", "12000"],
];

/** A file as a spreadsheet program of this country writes it. */
async function sheet(name, lines) {
  const utf8 = join(dir, `${name}.utf8`);
  await writeFile(utf8, `${[header, ...lines.map((l) => l.join(","))].join("\r\n")}\r\n`);
  const { stdout } = await promisify(execFile)("iconv", ["-f", "UTF-8", "-t", "GB18030", utf8], { encoding: "buffer" });
  const file = join(dir, `${name}.csv`);
  await writeFile(file, stdout);
  return file;
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-firms-"));
  node = await startNode(dir, "county");
  await node.api("/api/v1/users", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "keeper", role: "registrar", password }) });
  browser = await launch();
  page = await (await browser.newContext(person)).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${node.base}/signin?to=/firms`);
  await signIn(page, "keeper", password);
  await page.getByRole("heading", { level: 1, name: "企业名录" }).waitFor();
});

after(async () => {
  await browser?.close();
  await node?.stop();
  await rm(dir, { recursive: true, force: true });
});

const firms = async (q) => (await node.api(`/api/v1/firms?${new URLSearchParams(q)}`)).items;

test("a list with faults is shown cell by cell and nothing is taken of it", async () => {
  await page.goto(`${node.base}/firms?tab=import`);
  await page.getByText("把 .xlsx 或 .csv 文件拖到这里").waitFor();
  await accessible(page, "firms-import");
  const bad = structuredClone(rows);
  bad[0][0] = `${bad[0][0].slice(0, 17)}${bad[0][0].endsWith("0") ? "1" : "0"}`;
  bad[1][2] = "999999";
  bad[2][5] = "很多";
  await page.setInputFiles("input[type=file]", await sheet("bad", bad));
  await page.getByText(/检查完毕：bad\.csv，4 行/).waitFor();
  await page.getByText(/行政区划代码：/).first().waitFor();
  await page.getByText(/2025年销售收入（万元）：/).first().waitFor();
  await page.getByText("还有 2 行需要改正").waitFor();
  assert.equal(await page.getByRole("button", { name: /^导入 \d+ 家/ }).isDisabled(), true);
  await accessible(page, "firms-faults");
  assert.equal((await firms({})).length, 0);
});

test("the mended list is taken over", async () => {
  await page.setInputFiles("input[type=file]", await sheet("good", rows));
  await page.getByText(/检查完毕：good\.csv，4 行/).waitFor();
  await page.getByRole("button", { name: "导入 4 家" }).click();
  await page.getByText("已导入：新增 4 家，修改 0 家").waitFor();
  await accessible(page, "firms-imported");
  assert.deepEqual((await firms({ region: "330624" })).map((f) => f.name).toSorted(), rows.slice(0, 3).map((r) => r[1]).toSorted());
});

test("firms are found by name, pinyin, initials and code", async () => {
  await page.goto(`${node.base}/firms`);
  const box = page.getByRole("searchbox").or(page.getByPlaceholder("名称、拼音、首字母或信用代码")).first();
  for (const [text, found, other] of [["恒远", rows[1][1], rows[3][1]], ["zhengtailong", rows[3][1], rows[1][1]], ["hyjx", rows[1][1], rows[3][1]], [code(4), rows[3][1], rows[0][1]]]) {
    await box.fill(text);
    await box.press("Enter");
    await page.getByText(found, { exact: true }).first().waitFor();
    await page.getByText(other, { exact: true }).first().waitFor({ state: "detached" });
  }
  await accessible(page, "firms-found", "firms");
});

test("a firm that was entered twice is joined, and the history says so", async () => {
  await page.goto(`${node.base}/firms?q=${encodeURIComponent("新昌县宏达")}`);
  await page.getByText(rows[2][1], { exact: true }).first().click();
  await page.getByRole("button", { name: "合并重复企业" }).click();
  await accessible(page, "firms-merge");
  const into = page.getByRole("combobox", { name: "并入哪家企业" });
  await into.click();
  await into.fill("新昌宏达");
  await page.locator(".ant-select-dropdown:visible").getByText(rows[0][1]).first().click();
  await page.getByRole("button", { name: "合并", exact: true }).click();
  await page.getByText("已合并").first().waitFor();
  const left = await firms({ region: "330624" });
  assert.deepEqual(left.map((f) => f.name).toSorted(), [rows[0][1], rows[1][1]].toSorted());
  await page.goto(`${node.base}/firms?q=${encodeURIComponent("新昌县宏达")}`);
  await page.getByText(rows[0][1], { exact: true }).first().click(); // by its former name
  await page.getByText("修改记录").first().waitFor();
  await page.getByText("合并", { exact: true }).first().waitFor();
  await accessible(page, "firms-history");
});
