// Walks the pages in a real browser against a real demo node, looks at each
// with axe, and renews docs/screens.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

const screens = new URL("../docs/screens/", import.meta.url).pathname;

let demo, browser, context, page;
const complaints = []; // console errors and requests to elsewhere

before(async () => {
  await mkdir(screens, { recursive: true });
  demo = await startDemo();
  browser = await launch();
  context = await browser.newContext(person);
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (m) => { if (m.type() === "error" && !/401|Failed to load resource/.test(m.text())) complaints.push(m.text()); });
  page.on("pageerror", (err) => complaints.push(String(err)));
  page.on("request", (r) => { if (!r.url().startsWith(demo.base) && !/^(data|blob):/.test(r.url())) complaints.push(`request to ${r.url()}`); });
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function shoot(name) {
  await page.screenshot({ path: `${screens}${name}.png` });
}

/** Loads a page in Chinese, looks at it, and at its width on a tablet. */
async function look(path, name, ready) {
  await page.goto(demo.base + path);
  await ready();
  await page.waitForLoadState("networkidle", { timeout: 1500 }).catch(() => undefined); // the live stream never rests
  await shoot(name);
  await accessible(page, name);
  await page.setViewportSize({ width: 1024, height: 768 });
  // Charts follow the window a frame later.
  const over = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await until(`${name} to fit a tablet`, async () => (await over()) <= 1, 5_000).catch(async (err) => {
    throw new Error(`${name} is ${await over()} px wider than a tablet`, { cause: err });
  });
  await page.setViewportSize({ width: 1366, height: 768 });
}

const heading = (text) => page.getByRole("heading", { level: 1, name: text }).waitFor();

test("sign in", async () => {
  await look("/signin", "signin", () => page.getByLabel("密码").waitFor());
  await signIn(page, "admin", "admin-demo");
  await heading("设备总览");
});

test("a demo account signs in with one button", async () => {
  const other = await browser.newContext({ locale: "zh-CN" });
  const fresh = await other.newPage();
  await fresh.goto(`${demo.base}/signin`);
  await fresh.getByRole("button", { name: "用 viewer 登录" }).click();
  await fresh.getByRole("heading", { level: 1, name: "设备总览" }).waitFor();
  await other.close();
});

test("the board shows every machine", async () => {
  await look("/", "overview", async () => {
    await heading("设备总览");
    await until("40 tiles", async () => (await page.locator(".tiles > *").count()) >= 40);
  });
});

test("a machine's page", async () => {
  const { items } = await demo.api("/api/v1/equipment?limit=1000&class=lathe");
  await look(`/machines/${items[0].id}`, "machine", () => heading(items[0].name.zh));
});

test("a figure opens down to raw samples", async () => {
  await page.goto(`${demo.base}/oee`);
  await page.getByRole("button", { name: /查看出处/ }).first().click();
  const drawer = page.getByRole("dialog");
  // Right after the start everything is folded for the first time.
  await drawer.getByRole("button", { name: /^下钻/ }).first().waitFor({ timeout: 45_000 });
  await shoot("evidence-figure");
  await accessible(page, "evidence of a figure");
  // Each press goes one step down the hierarchy, until facts are reached.
  const samples = drawer.getByRole("button", { name: "原始样本" });
  for (let step = 0; step < 8 && !(await samples.count()); step++) {
    const trail = await drawer.getByRole("navigation").first().innerText();
    await drawer.getByRole("button", { name: /^下钻/ }).first().click();
    await until("the next step", async () => (await drawer.getByRole("navigation").first().innerText()) !== trail);
    await until("what it is made of", async () => (await samples.count()) || (await drawer.getByRole("button", { name: /^下钻/ }).count()));
  }
  await samples.first().click();
  await drawer.getByText(/个样本/).first().waitFor();
  await shoot("evidence-facts");
  await accessible(page, "evidence of a machine's hour");
});

for (const [path, name, title] of [
  ["/stops", "stops", "停机原因"], ["/oee", "oee", "OEE"], ["/trend", "trend", "趋势"], ["/devices", "devices", "设备连接"],
  ["/plant", "plant", "工厂建模"], ["/definitions", "definitions", "指标定义"], ["/material", "material", "物料"], ["/system", "system", "系统"],
]) {
  test(`page ${path}`, () => look(path, name, () => heading(new RegExp(title))));
}

test("devices on the wire are searched and looked at", async () => {
  const { items } = await demo.api("/api/v1/devices");
  const { address } = items.find((d) => d.driver === "modbus-tcp");
  await look("/devices?tab=discovery", "discovery", () => page.getByText(/sparkplug 设备上线即被发现/).waitFor());
  await page.getByLabel("搜索范围").fill(`${address} units 1-4`);
  await page.getByRole("button", { name: "开始搜索" }).click();
  await page.getByText(/完成 · 发现 [1-4] 台/).waitFor();
  await page.getByRole("checkbox", { name: "也显示已接入的" }).check();
  await page.getByRole("cell", { name: new RegExp(address) }).first().waitFor();
  await page.getByRole("button", { name: "手工接入" }).click();
  await page.getByRole("dialog").getByLabel("设备类型").waitFor();
  await accessible(page, "adopting a device");
});

test("how a device answers, with the frames on the wire", async () => {
  const { items } = await demo.api("/api/v1/devices");
  const device = items.find((d) => d.driver === "modbus-tcp" && d.state === "up");
  await page.goto(`${demo.base}/devices`);
  await page.getByPlaceholder("搜索").fill(device.path);
  await page.getByRole("button", { name: device.path }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByRole("tab", { name: "通信健康" }).click();
  await drawer.getByRole("img", { name: /响应时间分布/ }).waitFor();
  // To look is to record: questions and answers come by themselves.
  await drawer.getByRole("cell", { name: "→ 发送" }).first().waitFor();
  await drawer.getByRole("cell", { name: "← 接收" }).first().waitFor();
  await drawer.getByText(/正在记录/).waitFor();
  await drawer.getByRole("button", { name: /定\s*格/ }).click();
  await accessible(page, "how a device answers");
  await shoot("device-health");
  const [file] = await Promise.all([page.waitForEvent("download"), drawer.getByRole("button", { name: "下载文本" }).click()]);
  const text = await readFile(await file.path(), "utf8");
  // A frame of Modbus TCP: transaction, protocol 0000, length, unit.
  assert.match(text, /^#\d+ .+ > 12 B\n0000 {2}[0-9a-f]{2} [0-9a-f]{2} 00 00 00 06 /m);
  await drawer.getByLabel("十六进制或文字").fill("没有");
  await drawer.getByText("没有符合条件的报文").waitFor();
});

test("the same registers are read in every order", async () => {
  const { items } = await demo.api("/api/v1/devices");
  await look("/devices?tab=order", "byte-order", () => page.getByRole("button", { name: /读\s*取/ }).waitFor());
  await page.getByLabel("地址", { exact: true }).fill(items.find((d) => d.driver === "modbus-tcp").address);
  await page.getByRole("button", { name: /读\s*取/ }).click();
  await page.getByRole("cell", { name: "holding 0 float32 CDAB" }).waitFor();
});

test("a discovery rule begins", async () => {
  await look("/devices?tab=rules", "discovery-rules", () => page.getByRole("button", { name: "新增规则" }).waitFor());
  await page.getByRole("button", { name: "新增规则" }).click();
  const box = page.getByRole("dialog");
  await box.getByRole("textbox", { name: "* 名称", exact: true }).waitFor();
  await accessible(page, "a discovery rule");
  await box.getByRole("button", { name: /取\s*消/ }).click();
});

test("an alarm of the past is acknowledged", async () => {
  await look("/alarms?show=past", "alarms", async () => {
    await heading("报警");
    await page.getByRole("button", { name: "确认", exact: true }).first().waitFor();
  });
  await page.getByRole("button", { name: "确认", exact: true }).first().click();
  const box = page.getByRole("dialog");
  await box.getByRole("textbox").fill("已通知机修");
  await accessible(page, "acknowledging an alarm");
  await box.getByRole("button", { name: "确认" }).click();
  await page.getByText("已通知机修").first().waitFor();
});

test("a loss opens to the pieces it is made of", async (t) => {
  await page.goto(`${demo.base}/oee`);
  const opener = page.getByRole("button", { name: /由哪些时段组成/ }).first();
  const none = page.getByRole("region", { name: "停机原因排列图" }).getByText("没有停机");
  await opener.or(none).waitFor();
  if (await none.count()) return t.skip("the plant has a break now: nothing is lost");
  await opener.click();
  await page.getByRole("dialog").getByText(/合计/).waitFor();
  await accessible(page, "pieces of a loss");
});

test("a calendar is edited in a form", async () => {
  await page.goto(`${demo.base}/plant?tab=calendars`);
  await page.getByRole("button", { name: "编辑", exact: true }).first().click();
  const form = page.getByRole("dialog");
  await form.getByText("一周计划预览").waitFor();
  await form.getByLabel("休息").first().fill("10:00-10:25");
  await shoot("calendar");
  await accessible(page, "calendar form");
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByText("10:00–10:25").waitFor();
});

test("the kiosk paints without the big bundles", async () => {
  await look("/kiosk/andon/", "kiosk", () => page.getByText(/号/).first().waitFor());
});

test("English and dark", async () => {
  await page.goto(`${demo.base}/`);
  await heading("设备总览");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasNotText: "设备" }).waitFor();
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await shoot("overview-dark-en");
  await accessible(page, "board, dark and English");
  await page.getByRole("button", { name: "中文" }).click();
});

test("nothing complained and nothing left this node", () => {
  assert.deepEqual(complaints, []);
});
