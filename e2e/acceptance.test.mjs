// Makes an acceptance report in the browser against a real demo node, looks at it
// with axe, and fetches its files.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

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

async function fileOf(button) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: button }).click()]);
  return readFile(await download.path());
}

test("a report is made of the whole plant", async () => {
  await page.goto(`${demo.base}/devices?tab=acceptance`);
  await page.getByLabel("覆盖率不低于").waitFor();
  await accessible(page, "acceptance-form");
  await page.getByRole("button", { name: "生成报告" }).click();
  await page.getByText("已生成").first().waitFor({ timeout: 60_000 });
  await accessible(page, "acceptance-list");
  await page.getByRole("button", { name: "查看报告" }).first().click();
  await page.getByRole("heading", { level: 2, name: /验收报告/ }).waitFor();
  await accessible(page, "acceptance-report");
});

test("only what did not pass, down to its tags", async () => {
  await page.getByRole("checkbox", { name: "只看未合格" }).check();
  // The demo has run for a minute of the hour: nothing covers it.
  await page.getByRole("button", { name: /^展开测点/ }).first().click();
  await page.getByRole("link", { name: "原始样本" }).first().waitFor();
  assert.equal(await page.getByRole("cell", { name: "合格", exact: true }).count(), 0);
  await accessible(page, "acceptance-tags");
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
