// Flaws by their place: an operator at the kiosk and an inspector at the page touch where
// on the part they are, also by keys; an engineer sees where they gather, compares two
// times and goes from a mark to its inspection or case. Then what quality costs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deflateSync } from "node:zlib";
import { accessible, launch, person, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page, kiosk, lathe, look, sha256;
const product = "6204-2rs";
const number = "MO-F-1";
const hour = 3_600_000;

/** A ring as a picture: a PNG of 240 × 160 in shades of grey. */
function ring() {
  const [w, h] = [240, 160];
  const rows = Buffer.alloc((w + 1) * h);
  for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) { const d = Math.hypot(x - 120, y - 80); rows[y * (w + 1) + 1 + x] = d > 40 && d < 70 ? 150 : 245; }
  const table = Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c >>> 0; });
  const crc = (buf) => { let c = 0xffffffff; for (const b of buf) c = table[(c ^ b) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
  const chunk = (type, data) => { const body = Buffer.concat([Buffer.from(type), data]); const out = Buffer.alloc(8); out.writeUInt32BE(data.length, 0); out.writeUInt32BE(crc(body), 4); return Buffer.concat([out.subarray(0, 4), body, out.subarray(4)]); };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(w, 0);
  head.writeUInt32BE(h, 4);
  head.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

before(async () => {
  demo = await startDemo();
  lathe = (await demo.api("/api/v1/equipment?limit=1000&class=lathe")).items.find((m) => m.path.endsWith("/lathe-01"));
  const file = await demo.send("POST", "/api/v1/files?name=ring.png", ring(), { "Content-Type": "application/octet-stream" });
  sha256 = file.sha256;
  const d = await demo.send("POST", "/api/v1/operations-definitions", { product, revision: 1, state: "draft", valid: {}, unit: "{piece}", rev: 0, materials: [], segments: [{ no: 10, name: { zh: "车削" }, alternatives: [{ equipment: lathe.id, setup_ms: 0, run_ms: 20_000 }], documents: [{ title: "外圈端面", kind: "picture", sha256, bytes: file.bytes }] }] });
  await demo.send("POST", `/api/v1/operations-definitions/${product}/1/state`, { state: "released" }, { "If-Match": `"${d.rev}"` });
  const o = await demo.send("POST", "/api/v1/orders", { number, kind: "make", product, quantity: 500, place: "xinchang-bearing/xinchang", due: new Date(Date.now() + 24 * hour).toISOString(), priority: 50 });
  await demo.send("POST", `/api/v1/orders/${o.id}/state`, { what: "released" }, { "If-Match": `"${o.rev}"` });
  await demo.send("POST", `/api/v1/orders/${o.id}/entries`, { job: 10, what: "job", command: "run", equipment: lathe.id });
  await demo.send("POST", `/api/v1/orders/${o.id}/entries`, { job: 10, what: "count", good: 100, scrap: 3, reason: "surface" });
  look = await demo.send("POST", "/api/v1/characteristics", { place: lathe.id, item: product, operation: 10, stage: "in_process", rules: ["n1"], code: "4", name: { zh: "外观", en: "looks" }, attribute: true, size: 50, chart: "p" });
  for (let i = 0; i < 6; i++) await demo.send("POST", `/api/v1/characteristics/${look.id}/measurements`, { found: 1, size: 50, at: new Date(Date.now() - 36 * hour).toISOString(), key: `old${i}`, defects: [{ code: "handling", count: 1, spot: { picture: sha256, x: 0.7, y: 0.5 } }] });
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const dialog = () => page.getByRole("dialog").last();
const marks = async () => (await demo.api(`/api/v1/quality/marks?picture=${sha256}`)).items;
async function choose(within, label, text) {
  await within.getByRole("combobox", { name: label }).click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: text }).first().click();
}

test("at the kiosk a touch marks where the flaw is, in the same entry as the inspection", async () => {
  kiosk = await (await browser.newContext(person)).newPage();
  kiosk.setDefaultTimeout(20_000);
  await kiosk.goto(`${demo.base}/kiosk/machine/${lathe.id}`);
  await kiosk.getByLabel("用户名").fill("operator");
  await kiosk.getByLabel("密码").fill("operator-demo");
  await kiosk.keyboard.press("Enter");
  await kiosk.getByRole("button", { name: "图纸与指导书（1）" }).waitFor();
  await kiosk.getByRole("button", { name: /^4 外观/ }).click();
  await kiosk.keyboard.type("2");
  await kiosk.getByRole("button", { name: "确定", exact: true }).click();
  const pad = kiosk.getByRole("application", { name: /外圈端面/ });
  await pad.waitFor();
  await until("the picture", async () => (await pad.boundingBox()).height > 100);
  const box = await pad.boundingBox();
  await kiosk.mouse.click(box.x + box.width * 0.25, box.y + box.height * 0.5);
  await kiosk.getByText("已标 1 处，不合格 2").waitFor();
  await kiosk.getByRole("button", { name: "磕碰搬运" }).click();
  await pad.focus();
  await kiosk.keyboard.press("ArrowRight");
  await kiosk.keyboard.press("Enter");
  await kiosk.getByText("已标 2 处，不合格 2").waitFor();
  const heights = await kiosk.locator("button:visible").evaluateAll((all) => all.map((b) => b.getBoundingClientRect().height));
  assert.ok(Math.min(...heights) >= 64, `a target of ${Math.min(...heights)} px`);
  await accessible(kiosk, "kiosk-flaws");
  await kiosk.getByRole("button", { name: "确定", exact: true }).click();
  await kiosk.getByText(/^(受控|已记下，还没有控制限)：0.04/).waitFor();
  await until("the marks at the node", async () => (await marks()).length === 8);
  const [b, a] = (await marks()).slice(0, 2).sort((x, y) => y.x - x.x);
  assert.deepEqual([a.code, b.code, a.subgroup === b.subgroup, a.order], ["surface", "handling", true, number]);
  assert.ok(Math.abs(a.x - 0.25) < 0.01 && Math.abs(a.y - 0.5) < 0.01 && Math.abs(b.x - a.x - 0.02) < 0.001, JSON.stringify([a, b]));
  await kiosk.context().close();
});

test("at the page, by keys, with its kind; one without a kind is not taken", async () => {
  await page.goto(`${demo.base}/quality?tab=entry&characteristic=${look.id}`);
  await page.getByLabel("不合格数").fill("1");
  const pad = page.getByRole("application", { name: /外圈端面/ });
  await pad.focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press("Shift+ArrowLeft");
  await page.keyboard.press("Enter");
  await page.getByText("左 30.0 %，上 50.0 %").first().waitFor();
  await page.getByRole("button", { name: /^录\s*入$/ }).click();
  await page.getByText("每个标记都要选缺陷种类").waitFor();
  await accessible(page, "flaws-entry");
  await page.getByRole("combobox", { name: "标记 1 的缺陷种类" }).fill("surface");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^录\s*入$/ }).click();
  await until("the mark", async () => (await marks()).length === 9);
});

test("a nonconformance marks its place, too", async () => {
  await page.goto(`${demo.base}/quality?tab=cases`);
  await page.getByRole("button", { name: "登记不合格" }).click();
  await dialog().getByLabel("地点").first().click();
  await page.keyboard.type("1号车床");
  await page.locator(".ant-select-tree-title", { hasText: "1号车床" }).first().click();
  await dialog().getByLabel("什么不合格", { exact: false }).fill("端面划伤");
  await choose(dialog(), "产品/物料", product);
  const pad = dialog().getByRole("application", { name: /外圈端面/ });
  await pad.click({ position: { x: 100, y: 60 } });
  await dialog().getByRole("combobox", { name: "标记 1 的缺陷种类" }).fill("surface");
  await page.keyboard.press("Escape");
  await accessible(page, "flaws-case");
  await page.getByRole("button", { name: "保存", exact: true }).click();
  await until("the mark", async () => (await marks()).some((m) => m.case));
});

test("where they gather, beside the time before, and from a mark to where it is from", async () => {
  await page.goto(`${demo.base}/quality?tab=defects&look=place&product=${product}&range=24h`);
  await page.getByRole("img", { name: "外圈端面，4 处缺陷" }).waitFor();
  await accessible(page, "flaws");
  await page.getByText("聚集（分格）").click();
  await page.getByRole("checkbox", { name: "与前一时段比较" }).check();
  await page.getByRole("img", { name: "外圈端面，6 处缺陷" }).waitFor();
  const kinds = page.getByRole("region", { name: "按种类" });
  await kinds.getByRole("row", { name: /磕碰搬运 1 25.0 % 6/ }).waitFor();
  await accessible(page, "flaws-compared");
  const [sheet] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "导出 CSV" }).click()]);
  assert.equal(sheet.suggestedFilename(), "flaws.csv");
  await page.getByRole("region", { name: "标记" }).getByRole("button", { name: "不合格" }).click();
  await page.getByRole("dialog").getByText("端面划伤").first().waitFor();
});

test("what quality costs: what has no rate is told, with a rate it counts, claims are entered", async () => {
  await page.goto(`${demo.base}/quality?tab=cost&range=24h`);
  await page.getByText("未计入：没有费率").waitFor();
  await page.getByText(new RegExp(`报废 ${product} 工序 10：3 件`)).waitFor();
  await accessible(page, "cost-uncounted");
  await page.getByText("费率", { exact: true }).click();
  await page.getByText("还没有费率", { exact: false }).waitFor();
  await page.getByRole("button", { name: "新增费率" }).click();
  await dialog().getByLabel("地点").first().click();
  await page.keyboard.type("新昌");
  await page.locator(".ant-select-tree-title", { hasText: "新昌" }).first().click();
  await dialog().getByLabel("单价（元）", { exact: false }).fill("12.5");
  await dialog().getByLabel("来源", { exact: false }).fill("2026 年标准成本表");
  await accessible(page, "cost-rate-form");
  await dialog().getByRole("button", { name: /^保\s*存$/ }).click();
  await page.getByRole("cell", { name: "2026 年标准成本表" }).waitFor();
  await accessible(page, "cost-rates");
  await page.getByText("登记的费用", { exact: true }).click();
  await page.getByRole("button", { name: "登记费用" }).click();
  await dialog().getByLabel("金额（元）").fill("3000");
  await dialog().getByLabel("地点").first().click();
  await page.keyboard.type("1号车床");
  await page.locator(".ant-select-tree-title", { hasText: "1号车床" }).first().click();
  await dialog().getByLabel("说明").fill("客户挑选费");
  await dialog().getByLabel("凭证", { exact: false }).fill("客诉函 2026-11");
  await accessible(page, "cost-entry-form");
  await dialog().getByRole("button", { name: /^保\s*存$/ }).click();
  await page.getByRole("cell", { name: "客诉函 2026-11" }).waitFor();
  await accessible(page, "cost-entries");
  await page.getByText("汇总", { exact: true }).click();
  const by = page.getByRole("region", { name: "类别" });
  await by.getByRole("row", { name: /外部损失 3,000.00/ }).waitFor();
  const report = await demo.api(`/api/v1/quality/cost?from=${new Date(Date.now() - 24 * hour).toISOString()}&to=${new Date(Date.now() + hour).toISOString()}`);
  const scrap = report.lines.filter((l) => l.what === "scrap" && l.of.id === number);
  assert.deepEqual(scrap.map((l) => [l.quantity, l.fen, l.cause, l.operation]), [[3, 3750, "surface", 10]]);
  assert.equal(report.fen, report.categories.reduce((n, c) => n + c.fen, 0));
  await page.getByRole("link", { name: `订单 ${number}` }).first().waitFor();
  await accessible(page, "cost");
});

test("in English it says the same", async () => {
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "en"));
  await page.goto(`${demo.base}/quality?tab=cost&range=24h`);
  await page.getByRole("region", { name: "Category" }).getByRole("row", { name: /External failure 3,000.00/ }).waitFor();
  await accessible(page, "cost-english");
  await page.goto(`${demo.base}/quality?tab=defects&look=place&product=${product}&range=24h`);
  await page.getByRole("img", { name: "外圈端面, 4 flaws" }).waitFor();
  await accessible(page, "flaws-english");
});
