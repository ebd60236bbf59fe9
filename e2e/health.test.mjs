// A recorder hears a bearing whose outer ring goes bad: the maintenance engineer
// enters the measuring point, sees the finding with its evidence, compares it with
// the time before, and gets there from the alarm.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { accessible, launch, signedIn } from "./browser.mjs";
import { bin, until } from "./demo.mjs";
import { startNode } from "./node.mjs";

const profile = `schema: zhigai.profile/1
id: test-vibration
version: 1
vendor: test
class: grinder
title: {zh: 振动采集, en: vibration recorder}
source: this test
verified: derived
protocol: webhook
signals:
  - {name: vibration.x, title: {zh: 前轴承振动, en: vibration of the front bearing}, kind: waveform, at: /wave, unit: m/s2}
`;
const token = "0123456789abcdef";
const rate = 20480;
const shaft = 1797 / 60;
let dir, node, browser, page, first;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-health-"));
  node = await startNode(dir, "works");
  await writeFile(join(dir, "recorder.yaml"), profile);
  await promisify(execFile)(bin, ["library", "add", join(dir, "recorder.yaml"), "--data", node.data]);
  const add = (path, body) => node.api(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  await add("/api/v1/nodes", { path: "works", level: "enterprise", name: { zh: "轴承厂" } });
  await add("/api/v1/nodes", { path: "works/grinder", level: "equipment", name: { zh: "1号磨床" }, equipment: { class: "grinder", profile: "test-vibration", nc: true, excluded: false, device: { driver: "webhook", address: "recorder-1", params: { token }, off: false, writing: false } } });
  await add("/api/v1/users", { name: "gong", role: "engineer", password: "sixty machines" });
  first = Date.now() - 3_600_000;
  for (let i = 0; i < 3; i++) await post(i, 0);
  for (let i = 3; i < 8; i++) await post(i, 4);
  browser = await launch();
  page = await signedIn(browser, node.base, "gong", "sixty machines");
});

after(async () => {
  await browser?.close();
  await node?.stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** A fixed sequence, so that every run hears the same. */
let state = 88172645463325252n;
function uniform() {
  state ^= (state << 13n) & 0xffffffffffffffffn;
  state ^= state >> 7n;
  state ^= (state << 17n) & 0xffffffffffffffffn;
  return Number(state >> 11n) / 2 ** 53;
}
const noise = () => Array.from({ length: 4 }, uniform).reduce((a, b) => a + b, -2) * Math.sqrt(3);

/** Values of a window: noise, the shaft's tone, and shocks of the outer ring of a 6205. */
function windowOf(n, strength) {
  const out = Array.from({ length: n }, (_, i) => 0.6 * noise() + 0.25 * Math.sin((2 * Math.PI * shaft * i) / rate));
  for (let t = 0.001; strength > 0 && t < n / rate; t += (1 + 0.005 * noise()) / (shaft * 3.58484)) {
    for (let i = Math.ceil(t * rate); i < n && i / rate - t < 0.01; i++) {
      const x = i / rate - t;
      for (const hz of [1150, 2400, 3900, 5600, 7900]) out[i] += strength * Math.exp(-900 * x) * Math.sin(2 * Math.PI * hz * x);
    }
  }
  return out.map((v) => Math.fround(v));
}

async function post(i, strength) {
  await until("the recorder to be known", async () => {
    const res = await fetch(`${node.base}/hooks/recorder-1`, { method: "POST", headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify({ wave: { start: new Date(first + i * 300_000).toISOString(), rate, values: windowOf(24000, strength) } }) });
    if (res.status !== 204) throw new Error(`${res.status} ${await res.text()}`);
    return true;
  });
}

test("a measuring point is entered", async () => {
  await page.goto(`${node.base}/health`);
  await page.getByRole("heading", { level: 1, name: "状态监测" }).waitFor();
  await page.getByText(/还没有测点/).waitFor();
  await accessible(page, "no point");
  await page.getByRole("button", { name: "新增测点" }).click();
  const form = page.getByRole("dialog", { name: "新增测点" });
  await form.getByLabel("振动波形信号").click();
  await page.getByTitle(/works\/grinder\/vibration.x/).click();
  await form.getByLabel("中文名称").fill("主轴前轴承");
  await form.getByLabel(/轴承型号/).fill("6205-2RS");
  await page.keyboard.press("Escape");
  await form.getByLabel("转速 (r/min)").fill("1797");
  await form.getByLabel("ISO 20816-3 分组").click();
  await page.getByTitle(/2组 刚性支承/).click();
  await accessible(page, "the form of a point");
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByRole("status").filter({ hasText: /外圈故障/ }).waitFor({ timeout: 60_000 });
});

test("the finding has its evidence", async () => {
  await page.getByRole("heading", { name: /诊断与依据：外圈/ }).waitFor();
  await page.getByRole("img", { name: /包络谱.*外圈/ }).waitFor();
  await page.getByRole("img", { name: /振动烈度.*8 个窗口/ }).waitFor();
  await page.getByRole("img", { name: /的频谱/ }).waitFor();
  await page.locator("summary").filter({ hasText: "外圈的谱线" }).click();
  await accessible(page, "a bad bearing", "health");
  const envelope = page.getByRole("region", { name: "包络谱" });
  await envelope.getByText("表格").click();
  const marks = await envelope.getByRole("row", { name: /^外圈 1 / }).innerText();
  assert.ok(marks.includes("107.36"), marks); // 3.5848 × 1797 / 60
  await page.getByRole("button", { name: "显示瀑布图" }).click();
  await page.getByRole("img", { name: /8 个窗口的频谱/ }).waitFor();
  await accessible(page, "the tables of a bearing");
});

test("what speaks for and against each fault is shown, tried on the past, and nothing is said of life before a trend", async () => {
  const combined = page.getByRole("region", { name: "多参数综合诊断" });
  await combined.getByRole("status").filter({ hasText: /结论：轴承损伤/ }).waitFor();
  await combined.getByRole("row", { name: /温度 未知/ }).waitFor();
  await combined.getByRole("button", { name: "在此时段回测规则" }).click();
  await combined.getByText(/8 个窗口：定名/).waitFor();
  await page.getByRole("region", { name: "剩余寿命（到 D 区）" }).getByText(/还没有基线/).waitFor();
  const shaft = page.getByRole("region", { name: "轴与齿轮" });
  await shaft.getByRole("img", { name: /各阶次振动速度/ }).waitFor();
  await shaft.locator("summary").first().click();
  await accessible(page, "the combined diagnosis", "health-combined");
});

test("it is compared with the time before", async () => {
  const trend = page.getByRole("region", { name: "特征趋势" });
  await trend.getByText("表格").click();
  assert.equal(await trend.getByRole("row").count(), 9);
  await trend.getByRole("row").last().getByRole("button", { name: "查看" }).click();
  await page.getByRole("heading", { name: /诊断与依据：未见异常/ }).waitFor();
  await accessible(page, "a good window");
  const compared = page.getByLabel("对比窗口");
  await compared.click();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await until("the comparison in the address", async () => new URL(page.url()).searchParams.get("with"));
});

test("the alarm leads here", async () => {
  const { items } = await node.api("/api/v1/alarms?now=true");
  const alarm = items.find((a) => a.source === "health");
  assert.match(alarm.text.zh, /主轴前轴承：轴承外圈故障/);
  await page.goto(node.base + alarm.evidence);
  await page.getByRole("status").filter({ hasText: /外圈故障/ }).waitFor();
});
