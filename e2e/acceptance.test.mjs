// Makes an acceptance report in the browser against a real demo node, looks at it
// with axe, and fetches its files.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { startDemo } from "./demo.mjs";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const axeSource = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
const shots = process.env.SHOTS; // a folder for screenshots

let demo, browser, page;

before(async () => {
  demo = await startDemo();
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: "zh-CN", reducedMotion: "reduce", timezoneId: "Asia/Shanghai", acceptDownloads: true });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${demo.base}/signin`);
  await page.getByLabel("用户名").or(page.getByLabel("登录名")).first().fill("admin");
  await page.getByLabel("密码").fill("admin-demo");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "设备总览" }).waitFor();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function accessible(where) {
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished)));
  await page.evaluate(axeSource);
  const found = await page.evaluate(async (tags) => {
    const r = await globalThis.axe.run(document, { runOnly: tags });
    return r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(" | ")}`);
  }, rules);
  assert.deepEqual(found, [], `axe on ${where}`);
  if (shots) await page.screenshot({ path: `${shots}/${where}.png` });
}

async function fileOf(button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: button }).click()]);
  return readFile(await download.path());
}

test("a report is made of the whole plant", async () => {
  await page.goto(`${demo.base}/devices?tab=acceptance`);
  await page.getByLabel("覆盖率不低于").waitFor();
  await accessible("acceptance-form");
  await page.getByRole("button", { name: "生成报告" }).click();
  await page.getByText("已生成").first().waitFor({ timeout: 60_000 });
  await accessible("acceptance-list");
  await page.getByRole("button", { name: "查看报告" }).first().click();
  await page.getByRole("heading", { level: 2, name: /验收报告/ }).waitFor();
  await accessible("acceptance-report");
});

test("only what did not pass, down to its tags", async () => {
  await page.getByRole("checkbox", { name: "只看未合格" }).check();
  // The demo has run for a minute of the hour: nothing covers it.
  await page.getByRole("button", { name: /^展开测点/ }).first().click();
  await page.getByRole("link", { name: "原始样本" }).first().waitFor();
  assert.equal(await page.getByRole("cell", { name: "合格", exact: true }).count(), 0);
  await accessible("acceptance-tags");
});

test("its files are what was signed", async () => {
  const { items } = await demo.api("/api/v1/acceptance-reports");
  const json = await fileOf("下载数据 (JSON)");
  assert.equal(createHash("sha256").update(json).digest("hex"), items[0].sha256);
  assert.equal(JSON.parse(json).machines.length, items[0].machines);
  assert.equal((await fileOf("下载 PDF")).subarray(0, 5).toString(), "%PDF-");
  assert.match((await fileOf("下载 CSV")).toString(), /^\ufeffpath,/);
});

test("a check of the same facts finds the same data, or says so in a revision", async () => {
  await page.getByRole("button", { name: "复核" }).or(page.getByRole("button", { name: /复\s*核/ })).first().click();
  await page.getByText(/复核一致|已生成/).first().waitFor({ timeout: 60_000 });
});
