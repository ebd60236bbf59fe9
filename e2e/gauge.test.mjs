// A gauge drifts: checks of its master find it, the page names the gauge and not the
// process, lists what has to be measured again, and the way goes over the alarm and a
// nonconformance to the adjustment and the proof that it worked. Each page is looked at
// with axe, one of them in English.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page, gauge, id;

const hour = 3_600_000;
const step = 4 * hour;
const first = Date.now() - 39.5 * step; // a check may be entered a week late
const at = (n) => new Date(first + n * step).toISOString();
const begins = 24; // the check after which it drifts
const drift = (n) => Math.max(0, n - begins) * 0.0003;

before(async () => {
  demo = await startDemo();
  const nodes = (await demo.api("/api/v1/nodes")).items;
  const lathe = (n) => nodes.find((x) => x.path.endsWith(`lathe-0${n}`)).id;
  const plan = async (n, number) => {
    const g = await demo.send("POST", "/api/v1/gauges", { number, name: { zh: "外径千分表", en: "dial gauge" }, place: lathe(n), unit: "mm", resolution: 0.0001, master: "M-30", reference: 30, check_hours: 8 });
    const c = await demo.send("POST", "/api/v1/characteristics", { code: "3.1", name: { zh: "手检外径", en: "diameter by hand" }, place: lathe(n), item: "ring", stage: "in_process", unit: "mm", decimals: 4, lsl: 29.98, usl: 30.02, size: 1, chart: "imr", rules: ["n1"], gauge: g.id });
    return { g, c };
  };
  gauge = await plan(1, "Q-47");
  const other = await plan(2, "Q-48");
  id = gauge.g.id;
  for (let n = 0; n < 40; n++) {
    const wave = (k) => 0.003 * Math.sin(n * n + k);
    for (let k = 0; k < 2; k++) {
      const when = new Date(first + n * step + (k + 1) * hour).toISOString();
      await demo.send("POST", `/api/v1/characteristics/${gauge.c.id}/measurements`, { values: [30 + wave(k) + drift(n)], at: when, key: `a${n}${k}`, order: "MO-7" });
      await demo.send("POST", `/api/v1/characteristics/${other.c.id}/measurements`, { values: [30 + wave(k + 5)], at: when, key: `b${n}${k}` });
    }
    await demo.send("POST", `/api/v1/gauges/${id}/checks`, { readings: [30 + 0.0003 * Math.sin(n * n) + drift(n)], at: at(n), key: `c${n}` });
  }
  // A part that was only refused because the gauge says too much.
  await demo.send("POST", `/api/v1/characteristics/${gauge.c.id}/measurements`, { values: [30.0215], at: new Date(first + 39 * step + 1.5 * hour).toISOString(), key: "wrong", order: "MO-7" });
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const dialog = () => page.getByRole("dialog").last();

test("checks of the master raise an alarm that leads to the gauge", async () => {
  const found = await until("the alarm of the gauge", async () => (await demo.api("/api/v1/alarms?now=true")).items.find((a) => a.text.zh.includes("量具 Q-47")), 20_000);
  assert.equal(found.evidence, `/quality?tab=gauges&gauge=${id}`);
  await page.goto(demo.base + found.evidence);
  await page.getByText("漂移：自", { exact: false }).waitFor();
  await page.getByText("是量具，不是过程", { exact: false }).waitFor();
  await accessible(page, "gauge-drifts");
});

test("the gauge is named and not the process; what is in doubt is listed", async () => {
  const evidence = page.getByRole("region", { name: "是量具还是过程" });
  await evidence.getByRole("row", { name: /标准件 M-30 Q-47 .* 移动了/ }).waitFor();
  await evidence.getByRole("row", { name: /本量具测 3\.1 .* Q-47 .* 移动了/ }).waitFor();
  await evidence.getByRole("row", { name: /别的量具测 3\.1 .* Q-48 .* 没有移动/ }).waitFor();
  const doubts = page.getByRole("region", { name: "存疑的测量" }).first();
  await doubts.getByText("需要重测", { exact: false }).waitFor();
  await doubts.getByRole("row", { name: /30\.02150 .* 重测/ }).waitFor();
  const [file] = await Promise.all([page.waitForEvent("download"), doubts.getByRole("button", { name: "导出 CSV" }).click()]);
  assert.match(await readFile(await file.path(), "utf8"), /MO-7.*30\.0215/);
  await page.getByText("表格", { exact: true }).first().click();
  await page.getByRole("region", { name: "表格" }).getByText("异常").first().waitFor();
  await accessible(page, "gauge-table");
});

test("a nonconformance goes over the adjustment to the proof", async () => {
  await page.getByRole("button", { name: "登记不合格" }).click();
  await page.getByRole("dialog").getByText("待隔离").first().waitFor();
  for (const [say, press, state] of [["停用 Q-47", "隔离处置（D3）", "已隔离，查原因"], ["表架松动", "原因（D4）", "原因已明，定措施"], ["紧固并用标准件调零", "纠正措施已实施（D5–D6）", "措施已实施，待验证"]]) {
    await dialog().getByLabel("做了什么").fill(say);
    await dialog().getByRole("button", { name: press }).click();
    await page.getByRole("dialog").getByText(state).first().waitFor();
  }
  await dialog().getByLabel("做了什么").fill("看核查");
  await dialog().getByRole("button", { name: "用数据验证" }).click();
  await page.getByText("登记不合格以来量具 Q-47 没有做过处理", { exact: false }).waitFor();
  await accessible(page, "gauge-case");
  await dialog().getByRole("button", { name: "稳定性" }).click();
  await page.getByRole("button", { name: "登记调整或校准" }).click();
  await dialog().getByLabel("说明").fill("紧固表架，用 M-30 调零");
  await accessible(page, "gauge-adjust");
  await dialog().getByRole("button", { name: /保\s*存/ }).click();
  await page.getByRole("cell", { name: "紧固表架，用 M-30 调零" }).waitFor();
  await page.getByText("稳定：", { exact: false }).waitFor();
});

test("checks after it are entered, a mistyped one is withdrawn, the proof is made of the rest", async () => {
  const enter = async (v) => {
    await page.getByRole("button", { name: "核查", exact: true }).click();
    await dialog().getByLabel("读数 1").fill(v);
    await dialog().getByRole("button", { name: /保\s*存/ }).click();
    await dialog().waitFor({ state: "hidden" });
  };
  await enter("30.5");
  await page.getByText(/偏差超过公差的十分之一：自|突变：自/).waitFor();
  await page.getByRole("button", { name: /^撤回 / }).first().click();
  await page.locator(".ant-popconfirm").getByRole("button", { name: /确\s*定|OK/ }).click();
  await page.getByText("录入有误（admin）").waitFor();
  await page.getByText("稳定：", { exact: false }).waitFor();
  await enter("30.0001");
  for (const [n, d] of [-0.0002, 0.0001, 0.0002, -0.0001].entries()) await demo.send("POST", `/api/v1/gauges/${id}/checks`, { readings: [30 + d], key: `after${n}` });
  await page.getByRole("button", { name: "查看不合格处置" }).click();
  await dialog().getByLabel("做了什么").fill("看核查");
  await dialog().getByRole("button", { name: "用数据验证" }).click();
  await page.getByText(/调整后 5 次核查无异常/).waitFor();
  await dialog().getByLabel("做了什么").fill("每班核查");
  await dialog().getByRole("button", { name: "预防并关闭（D7–D8）" }).click();
  await until("the alarm to be over", async () => !(await demo.api("/api/v1/alarms?now=true")).items.some((a) => a.open && a.text.zh.includes("量具 Q-47")), 20_000);
});

test("a gauge gets a master on its page, in English, too", async () => {
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "en"));
  await page.goto(`${demo.base}/quality?tab=gauges`);
  await page.getByRole("button", { name: "Stability of Q-47" }).waitFor();
  await page.getByRole("button", { name: "Edit Q-48" }).click();
  await dialog().getByLabel("Size of the master").waitFor();
  await accessible(page, "gauge-form-en");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Stability of Q-47" }).click();
  await page.getByText("Stable: ", { exact: false }).waitFor();
  await page.getByText("was adjusted", { exact: false }).or(page.getByText("Before the adjustment", { exact: false })).first().waitFor();
  await accessible(page, "gauge-stable-en");
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "zh"));
});
