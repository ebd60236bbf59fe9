// The inspector who ships an order and the customer who receives it: a certificate is
// refused while something stands against it, a concession mends that, it is released,
// printed, checked, told of what is known later, revised and withdrawn.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo, browser, page, lathe, diameter, bad;
const product = "6204-2rs";
const number = "MO-QC-1";
const hour = 3_600_000;

before(async () => {
  demo = await startDemo();
  lathe = (await demo.api("/api/v1/equipment?limit=1000&class=lathe")).items.find((m) => m.path.endsWith("/lathe-01"));
  const d = await demo.send("POST", "/api/v1/operations-definitions", { product, revision: 1, state: "draft", valid: {}, unit: "{piece}", rev: 0, materials: [], segments: [{ no: 10, name: { zh: "车削" }, alternatives: [{ equipment: lathe.id, setup_ms: 0, run_ms: 20_000 }] }] });
  await demo.send("POST", `/api/v1/operations-definitions/${product}/1/state`, { state: "released" }, { "If-Match": `"${d.rev}"` });
  const o = await demo.send("POST", "/api/v1/orders", { number, kind: "make", product, quantity: 500, customer: "杭州轴承", reference: "PO-77", place: "xinchang-bearing/xinchang", due: new Date(Date.now() + 24 * hour).toISOString(), priority: 50 });
  await demo.send("POST", `/api/v1/orders/${o.id}/state`, { what: "released" }, { "If-Match": `"${o.rev}"` });
  await demo.send("POST", `/api/v1/orders/${o.id}/entries`, { job: 10, what: "job", command: "run", equipment: lathe.id });
  await demo.send("POST", `/api/v1/orders/${o.id}/entries`, { job: 10, what: "count", good: 480, scrap: 3, reason: "3.1" });
  const g = await demo.send("POST", "/api/v1/gauges", { number: "Q-31", name: { zh: "外径千分尺", en: "micrometer" }, place: lathe.id, days: 365, calibrated: new Date(Date.now() - 48 * hour).toISOString(), note: "CNAS-1234" });
  diameter = await demo.send("POST", "/api/v1/characteristics", { place: lathe.id, item: product, operation: 10, stage: "final", rules: ["n1"], code: "3.1", name: { zh: "外径", en: "outer diameter" }, unit: "mm", decimals: 3, lsl: 29.98, usl: 30.02, size: 1, chart: "imr", special: true, gauge: g.id });
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const dialog = () => page.getByRole("dialog").last();
const measure = (v) => demo.send("POST", `/api/v1/characteristics/${diameter.id}/measurements`, { values: [v], order: number });
const choose = async (label, text) => {
  await dialog().getByRole("combobox", { name: label }).click();
  await page.keyboard.type(text);
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: text }).first().click();
};
const open = async () => {
  await page.goto(`${demo.base}/quality?tab=certificates`);
  await page.getByRole("button", { name: "出具合格证" }).click();
  await choose("订单", number);
};

test("nothing was inspected: it is refused, and says what to do", async () => {
  await page.goto(`${demo.base}/quality?tab=certificates`);
  await page.getByText("还没有合格证", { exact: false }).waitFor();
  await accessible(page, "certificates-empty");
  await open();
  await dialog().getByText("计划的特性没有检验：3.1 外径", { exact: false }).waitFor();
  assert.equal(await dialog().getByRole("button", { name: /^签\s*发$/ }).isDisabled(), true);
  await accessible(page, "certificate-refused");
});

test("a value outside stands against it until somebody decides", async () => {
  for (const v of [30.001, 29.999, 30.002]) await measure(v);
  bad = await measure(30.023);
  await open();
  await dialog().getByText("超出规范或不合格，且没有处置", { exact: false }).waitFor();
  const c = await demo.send("POST", "/api/v1/nonconformances", { characteristic: diameter.id, subgroup: bad.subgroup.id, order: number, severity: "major", text: "外径超上差 1 件", quantity: 1 });
  await demo.send("POST", `/api/v1/nonconformances/${c.id}/state`, { state: "contained", text: "客户书面同意，不影响装配", disposition: "concession", rev: c.rev });
  await open();
  await dialog().getByText("没有妨碍出具的事项").waitFor();
  await dialog().getByRole("cell", { name: "29.980 … 30.020 mm" }).waitFor();
  await dialog().getByRole("cell", { name: "让步接收", exact: true }).waitFor();
  await dialog().getByText("客户书面同意，不影响装配").waitFor();
  await accessible(page, "certificate-preview");
});

test("it is released, printed, and its digest is that of its content", async () => {
  await dialog().getByLabel("备注（印在证书上）").fill("按图纸 A3");
  await dialog().getByRole("button", { name: /^签\s*发$/ }).click();
  await page.waitForURL(/certificate=/);
  await dialog().getByText("现在所知与证书一致").waitFor();
  await accessible(page, "certificate");
  const { items } = await demo.api("/api/v1/quality/certificates");
  const [pdf] = await Promise.all([page.waitForEvent("download"), dialog().getByRole("link", { name: "PDF（中英文）" }).click()]);
  assert.equal((await readFile(await pdf.path())).subarray(0, 5).toString(), "%PDF-");
  const [content] = await Promise.all([page.waitForEvent("download"), dialog().getByRole("link", { name: "内容（JSON）" }).click()]);
  assert.equal(createHash("sha256").update(await readFile(await content.path())).digest("hex"), items[0].digest);
  if (process.env.SHOTS) await pdf.saveAs(`${process.env.SHOTS}/certificate.pdf`);
});

test("a paper is checked by number and digest, also as the QR code says it", async () => {
  const { items: [c] } = await demo.api("/api/v1/quality/certificates");
  await page.goto(`${demo.base}/quality?tab=certificates`);
  await page.getByRole("button", { name: /^核\s*对$/ }).click();
  await dialog().getByLabel("扫码或粘贴二维码内容").fill(`ZGQC1.${c.number}.1.${c.digest}`);
  await dialog().getByText("真实有效：第 1 版", { exact: false }).waitFor();
  await dialog().getByLabel("摘要", { exact: false }).fill("0".repeat(64));
  await dialog().getByRole("button", { name: /^核\s*对$/ }).click();
  await dialog().getByText("编号存在，但摘要不符", { exact: false }).waitFor();
  await accessible(page, "certificate-check");
});

test("what is known later is told; a revision takes its place; it is withdrawn", async () => {
  await measure(30.004);
  await page.goto(`${demo.base}/quality?tab=certificates&q=${number}`);
  await page.getByRole("button", { name: /^QC\d{4}-000001$/ }).click();
  await dialog().getByText("现在所知与证书不同").waitFor();
  await dialog().getByText("n 4,", { exact: false }).waitFor();
  await accessible(page, "certificate-differs");
  await dialog().getByRole("button", { name: /^换\s*版$/ }).click();
  await dialog().getByLabel("理由").fill("补测一件");
  await dialog().getByRole("button", { name: /^换\s*版$/ }).last().click();
  await dialog().getByText("现在所知与证书一致").waitFor();
  await dialog().getByText("第 1 版 · 已换版").click();
  await dialog().getByText("补测一件", { exact: false }).first().waitFor();
  await dialog().getByRole("button", { name: /^撤\s*回$/ }).click();
  await dialog().getByLabel("理由").fill("客户退货");
  await dialog().getByRole("button", { name: /^撤\s*回$/ }).last().click();
  await dialog().getByText("客户退货", { exact: false }).first().waitFor();
  await accessible(page, "certificate-withdrawn");
  await page.goto(`${demo.base}/quality?tab=certificates&state=withdrawn`);
  await page.getByRole("row", { name: new RegExp(`${number}.*杭州轴承`) }).waitFor();
  const [sheet] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "导出 Excel" }).click()]);
  assert.equal(sheet.suggestedFilename(), "certificates.xlsx");
  await accessible(page, "certificates");
});

test("in English it says the same", async () => {
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "en"));
  await page.goto(`${demo.base}/quality?tab=certificates`);
  await page.getByRole("button", { name: /^QC\d{4}-000001$/ }).click();
  await dialog().getByRole("cell", { name: "concession", exact: true }).first().waitFor();
  await dialog().getByRole("heading", { name: "Materials, by genealogy" }).waitFor();
  await accessible(page, "certificate-english");
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "zh"));
});
