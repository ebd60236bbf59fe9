// A county's month in the browser: frozen, handed in, returned with a question,
// explained, approved; then a fact comes late and a person makes a revision.
// Two officers at one node; each part is looked at with axe.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { startNode } from "./node.mjs";

const password = "long-enough-word";
const lastMonth = new Date(Date.UTC(new Date(Date.now() + 8 * 3600_000).getUTCFullYear(), new Date(Date.now() + 8 * 3600_000).getUTCMonth() - 1, 1)).toISOString().slice(0, 7);
const year = Number(lastMonth.slice(0, 4));
const id = `${lastMonth}.330624`;
let dir, node, browser, county, city, firm;

const send = (method, path, body, headers = {}) => node.api(`/api/v1${path}`, { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
const networked = (value, rev) => send("PUT", "/firm-returns", { firm, year, name: "machines_networked", value, basis: "audited", rev });

async function officer(name, display, region) {
  await send("POST", "/users", { name, display, password, grants: [{ role: "officer", region }] });
  const page = await (await browser.newContext({ ...person, acceptDownloads: true })).newPage();
  page.setDefaultTimeout(45_000);
  await page.goto(`${node.base}/signin`);
  await signIn(page, name, password);
  await page.getByRole("link", { name: "指标填报" }).click();
  await page.getByRole("heading", { level: 1, name: "指标填报" }).waitFor();
  return page;
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-reporting-"));
  [node, browser] = await Promise.all([startNode(dir, "province"), launch()]);
  ({ id: firm } = await send("POST", "/firms", { code: "91350200776049653A", name: "新昌宏达轴承有限公司", region: "330624", industry: "C3451", above_scale: true, backbone: { from: "2018-05-01" }, since: Date.UTC(2020, 0, 1) * 1000 }));
  await send("PUT", "/firm-returns", { firm, year, name: "machines", value: 100, basis: "audited", rev: 0 });
  await networked(50, 0);
  [county, city] = [await officer("chen", "陈（新昌经信）", "330624"), await officer("lin", "林（绍兴经信）", "3306")];
});

after(async () => {
  await browser?.close();
  await node?.stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

async function step(page, button, words) {
  await page.getByRole("button", { name: button, exact: true }).click();
  const dialog = page.getByRole("dialog");
  if (words) await dialog.getByRole("textbox").fill(words);
  await dialog.getByRole("button", { name: button, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

const open = async (page) => {
  await page.goto(`${node.base}/reports?id=${id}`);
  await page.getByRole("heading", { level: 1, name: /新昌县/ }).waitFor();
};

const row = (page) => page.getByRole("row", { name: /骨干企业机器联网率/ }).first();
const state = (page, text) => page.locator(".pagehead .ant-tag", { hasText: text }).waitFor();

test("the county freezes its month and hands it in", async () => {
  await accessible(county, "reports-county");
  await county.getByRole("button", { name: /新昌县/ }).click();
  await county.getByRole("button", { name: "冻结数值" }).click();
  await state(county, "草稿");
  await step(county, "上报");
  await state(county, "已上报");
  assert.match(await row(county).innerText(), /50\.0 %\s+50\.0 %/);
});

test("the city returns it with a question, the county explains, the city approves", async () => {
  await open(city);
  await city.getByRole("button", { name: "退回", exact: true }).click();
  const dialog = city.getByRole("dialog");
  await dialog.getByRole("button", { name: "退回", exact: true }).click();
  await dialog.getByText("请填写文字").waitFor(); // a return without a question says nothing
  await accessible(city, "reports-return");
  await dialog.getByRole("textbox").fill("联网台数的依据是什么？");
  await dialog.getByRole("button", { name: "退回", exact: true }).click();
  await state(city, "已退回");
  await open(county);
  await county.getByText(/联网台数的依据是什么/).first().waitFor();
  await step(county, "说明", "以审计记录为准");
  await state(county, "已说明");
  await open(city);
  await step(city, "审核通过");
  await state(city, "已审核");
});

test("a late fact stands beside what was reported, and a person revises", async () => {
  await networked(60, 1);
  await open(county);
  await county.getByText(/与上报值不同（1 项）/).waitFor();
  assert.match(await row(county).innerText(), /50\.0 %\s+60\.0 %\s+\+10\.00 百分点\s+machines_networked 50 → 60/);
  await county.getByRole("checkbox", { name: "只看有差异的指标" }).check();
  await accessible(county, "reports-difference");
  await step(county, "修订", "补报");
  await state(county, "已修订");
  await county.getByText("重算结果与上报值一致").waitFor();
  const [pdf] = await Promise.all([county.waitForEvent("download"), county.getByRole("link", { name: "导出 PDF" }).click()]);
  assert.equal(pdf.suggestedFilename(), `报表-${id}.pdf`);
  const { steps } = await node.api(`/api/v1/reports/${id}`);
  assert.deepEqual(steps.map((s) => [s.what, s.state, s.revision]), [
    ["freeze", "draft", 1], ["submit", "submitted", 1], ["return", "returned", 1], ["explain", "explained", 1], ["approve", "approved", 1], ["revise", "revised", 2],
  ]);
});

test("the city sees what is due, reminds, and the county finds the reminder", async () => {
  await send("PUT", "/target-settings", { incentive: ["330624"], rev: 0 }, { "If-Match": '"0"' });
  await city.goto(`${node.base}/reports?tab=due`);
  await city.getByRole("button", { name: new RegExp(`^催报 .*新昌县 ${year - 1}$`) }).or(city.getByRole("button", { name: /^催报 .*新昌县/ })).first().click();
  const dialog = city.getByRole("dialog");
  await dialog.getByRole("textbox").fill("请三日内上报");
  await dialog.getByRole("button", { name: "催报", exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
  await accessible(city, "reports-due");
  await county.goto(`${node.base}/reports?tab=due`);
  await county.getByText(/请三日内上报/).first().waitFor();
  await accessible(county, "reports-reminded");
  await step(county, "答复催报", "周五上报");
  await county.getByText(/请三日内上报/).first().waitFor({ state: "hidden" });
  await county.goto(`${node.base}/reports?tab=scores&period=${lastMonth}`);
  await county.getByRole("button", { name: /新昌县/ }).waitFor();
  await accessible(county, "reports-scores");
  await city.goto(`${node.base}/reports?tab=cities&period=${lastMonth}`);
  await city.getByRole("button", { name: "绍兴市" }).waitFor();
  await accessible(city, "reports-cities");
  await open(city);
  await city.goto(`${node.base}/reports?id=${lastMonth}.330600`);
  await city.getByText(/1 已审核|份中 1 份已审核/).waitFor();
  await accessible(city, "reports-city", "reports");
});
