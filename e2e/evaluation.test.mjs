// Scores made-up firms by a standard in the browser: computed, on public notice,
// objected to, corrected in a new revision; and publishes a sector's benchmarks
// and finds a firm's place. Each page is looked at with axe.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

const year = new Date().getFullYear() - 1;
let demo, browser, page;

before(async () => {
  demo = await startDemo();
  await enterFirms();
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
  const body = `91331003MA${String(n).padStart(7, "0")}`;
  const sum = [...body].reduce((s, c, i) => s + alphabet.indexOf(c) * (3 ** i % 31), 0);
  return body + alphabet[(31 - (sum % 31)) % 31];
}

/** 48 firms of two divisions in Huangyan and 24 in Xinchang, each a little better than the one before. */
async function enterFirms() {
  const since = Date.UTC(year, 0, 1) * 1000;
  for (let i = 0; i < 72; i++) {
    const region = i < 48 ? "331003" : "330624";
    const industry = i % 3 === 0 ? "C2929" : "C3451";
    const firm = await demo.send("POST", "/api/v1/firms", { code: creditCode(i), name: `${region === "331003" ? "黄岩" : "新昌"}评价企业${String(i + 1).padStart(2, "0")}有限公司`, region, industry, above_scale: true, since });
    const good = 0.4 + ((i * 37) % 72) / 60;
    const added = Math.round(5e9 * good);
    const values = {
      land_m2: 20_000 + 400 * (i % 17), tax_fen: Math.round(24e6 * 30 * good), value_added_fen: added, energy_kgce: Math.round(added / 1e3 / 2.7 / good), emission_kg: 900 + 50 * (i % 23),
      employees: Math.round(added / 1e6 / 18 / good), sales_fen: 4 * added, rd_fen: Math.round(0.12 * added * (0.5 + good / 2)),
    };
    if (i === 5) delete values.land_m2;
    for (const [name, value] of Object.entries(values)) await demo.send("PUT", "/api/v1/firm-returns", { firm: firm.id, year, name, value, basis: "audited", rev: 0 });
  }
}

const tab = (name) => page.getByRole("tab", { name }).click();

test("a round is computed from the records", async () => {
  await page.getByRole("link", { name: "综合评价" }).click();
  await page.getByText(/还没有评价/).waitFor();
  await accessible(page, "evaluation-empty");
  await page.getByRole("button", { name: "新建评价" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("评价批次").fill("黄岩区亩均效益综合评价");
  await form.getByLabel("评价标准").click();
  await page.getByTitle(/黄岩区规上/).click();
  await form.getByText(/未见标准原文/).waitFor();
  await accessible(page, "evaluation-new");
  await form.getByRole("button", { name: /计\s?算/ }).click();
  await page.getByRole("heading", { level: 1, name: "黄岩区亩均效益综合评价" }).waitFor();
  await page.getByText("缺少实际用地（平方米）").waitFor();
  await accessible(page, "evaluation-list", "evaluation");
  await tab(/标准/);
  await page.getByText("24.10 万元/亩").waitFor();
  await accessible(page, "evaluation-standard");
  const { items } = await demo.api("/api/v1/evaluations");
  assert.deepEqual([items[0].scored, items[0].unscored], [47, 1]);
  const scores = (await demo.api(`/api/v1/evaluations/${items[0].id}/scores?limit=200`)).items.map((f) => f.score).filter((v) => v !== undefined && v !== null).sort((a, b) => b - a);
  assert.equal(scores.length, 47);
  // A fifth, counted down: nine, and who has the score of the ninth.
  assert.equal(items[0].classes.A, scores.filter((v) => v >= scores[8]).length);
});

test("the list goes on public notice and a firm objects", async () => {
  await tab(/名单/);
  await page.getByRole("button", { name: /公\s?示/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: /公\s?示/ }).click();
  await page.getByText("公示中").waitFor();
  await page.getByRole("searchbox", { name: "企业名称" }).or(page.getByLabel("企业名称")).first().fill("企业06");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "黄岩评价企业06有限公司" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByRole("heading", { name: "提出异议" }).waitFor();
  await accessible(page, "evaluation-firm");
  await drawer.getByLabel("异议内容").fill("用地面积已申报，未计入");
  await drawer.getByRole("button", { name: "提交异议" }).click();
  await drawer.getByText("异议已提交").waitFor();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "hidden" });
});

test("an upheld objection makes a new revision, openly", async () => {
  await tab(/异议/);
  await page.getByRole("radio", { name: "成立", exact: true }).check();
  await page.getByLabel("实际用地（平方米）").fill("22000");
  await page.getByLabel("答复").fill("经核实，用地 22000 平方米");
  await accessible(page, "evaluation-objection");
  await page.getByRole("button", { name: "作出决定" }).click();
  await page.getByText("经核实，用地 22000 平方米").waitFor();
  await tab(/修订/);
  await page.getByText("黄岩评价企业06有限公司的异议成立").waitFor();
  await accessible(page, "evaluation-revisions");
  const [fetched] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV" }).click()]);
  const lines = (await readFile(await fetched.path(), "utf8")).trim().split("\n");
  assert.equal(lines.length, 50, "a title, the names of columns and 48 firms");
});

test("benchmarks are published, and a firm finds its place", async () => {
  await page.getByRole("link", { name: "行业对标" }).click();
  await page.getByText(/尚未公布/).waitFor();
  await accessible(page, "benchmark-empty");
  await page.getByRole("combobox", { name: "指标" }).click();
  await page.getByTitle("亩均税收", { exact: true }).last().click();
  await page.getByRole("button", { name: "公布本年度" }).click();
  await page.getByRole("tooltip").getByRole("button", { name: "公布本年度" }).click();
  await page.getByRole("cell", { name: "全部", exact: true }).waitFor();
  await page.getByText("按行业", { exact: true }).click();
  await page.getByRole("button", { name: /^C / }).click();
  await page.getByRole("button", { name: /^C34/ }).waitFor();
  await page.getByLabel("选择企业").click();
  await page.getByLabel("选择企业").fill("黄岩评价企业01");
  await page.getByTitle("黄岩评价企业01有限公司").click();
  await page.getByText(/本企业/).waitFor();
  await page.getByText(/低于 P|在 P|达到或高于 P/).waitFor();
  await accessible(page, "benchmark");
  const { whole } = await demo.api(`/api/v1/benchmarks?measure=tax-per-mu&year=${year}`);
  assert.equal(whole.n, 71);
});
