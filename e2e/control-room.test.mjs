// The control room in the browser: areas at a glance, grey while nothing is wrong; the
// arrow keys lead from tile to tile and Enter a level down, to a machine's page; an alarm
// limit that is broken shows with colour, shape and number; the engineer lays a tile out
// and takes it back; a picture without answers says that it is old. Each is looked at with
// axe, in both languages, light and dark, on a phone and on a big screen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page;
const overview = (place = "") => demo.api(`/api/v1/control-overview?place=${place}`);
const heat = async () => (await overview()).tiles.find((t) => t.path.endsWith("/heat-treatment"));
const tile = (name) => page.getByRole("article", { name, exact: true });

before(async () => {
  demo = await startDemo();
  await until("the demo's loop in auto", async () => (await heat()).loops.some((l) => l.mode === "auto" && l.pv !== undefined));
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("all areas at a glance", async () => {
  await page.getByRole("link", { name: "控制室", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "控制室总览" }).waitFor();
  await tile("热处理车间").getByText("共 4 台").waitFor();
  await tile("热处理车间").getByRole("link", { name: "1号炉2区温度" }).waitFor();
  await tile("热处理车间").getByRole("img", { name: /1号网带炉 2区温度，.*°C，正常，600 至 900，设定值 820/ }).waitFor();
  assert.equal(await page.getByRole("article").count(), (await overview()).tiles.length);
  await accessible(page, "control-room-first");
});

test("arrow keys lead from tile to tile, Enter a level down, and on to the machine", async () => {
  const heads = page.locator("[data-tile]");
  await heads.first().focus();
  const names = await heads.allTextContents();
  await page.keyboard.press("ArrowRight");
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  assert.equal(await focused(), names[1]);
  await page.keyboard.press("ArrowDown");
  const below = names.indexOf(await focused());
  assert.ok(below > 1, `down from ${names[1]} is ${names[below]}`);
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), names[1]);
  await page.keyboard.press("End");
  assert.equal(await focused(), names.at(-1));
  await tile("热处理车间").locator("[data-tile]").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "热处理车间" }).waitFor();
  const first = tile("1号网带炉");
  await first.getByText(/^设定点 \d+ 个$/).click();
  await first.getByText("2区加热功率给定").waitFor();
  await accessible(page, "control-room-area");
  await first.locator("[data-tile]").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "1号网带炉" }).waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "返回全厂" }).click();
  await page.getByRole("heading", { level: 1, name: "控制室总览" }).waitFor();
});

test("the engineer lays a tile out: another value, a normal range; and takes it back", async () => {
  const dialog = page.getByRole("dialog", { name: "布置 热处理车间" });
  await page.getByRole("button", { name: "布置 热处理车间" }).click();
  await dialog.getByRole("combobox", { name: "添加测量值" }).fill("temperature.zone3");
  await page.locator(".ant-select-item-option", { hasText: "1号网带炉 · 3区温度" }).first().click();
  await dialog.getByRole("spinbutton", { name: "1号网带炉 · 3区温度 的正常下限" }).fill("100");
  await dialog.getByRole("spinbutton", { name: "1号网带炉 · 3区温度 的正常上限" }).fill("200");
  await dialog.getByRole("button", { name: "上移 1号网带炉 · 3区温度" }).click();
  await accessible(page, "control-room-layout");
  await dialog.getByRole("button", { name: "保存布置" }).click();
  await tile("热处理车间").getByRole("img", { name: /3区温度，.*偏高，100 至 200/ }).waitFor();
  const laid = await heat();
  assert.ok(laid.layout_own && laid.layout_rev === 1, JSON.stringify(laid));
  assert.equal(laid.indicators.at(-2).signal, "temperature.zone3");
  await page.getByRole("checkbox", { name: "只看异常" }).check();
  await tile("热处理车间").waitFor();
  await page.getByRole("checkbox", { name: "只看异常" }).uncheck();
  await page.getByRole("button", { name: "布置 热处理车间" }).click();
  await dialog.getByRole("button", { name: "恢复默认" }).click();
  await until("the default layout", async () => !(await heat()).layout_own);
  await dialog.waitFor({ state: "hidden" });
});

test("a broken alarm limit is seen by colour, shape and number", async () => {
  const { items } = await demo.api("/api/v1/tags?q=heat-treatment/line-1/furnace-2/temperature.zone1");
  const terms = { tag: items[0].no, text: { zh: "1区温度高", en: "zone 1 hot" }, kind: "hi", value: 700, priority: 2, response: { zh: "降低设定值" }, reason: "测试" };
  const { id } = await demo.send("POST", "/api/v1/alarms/limits", { ...terms, stage: "draft" });
  await demo.send("PUT", `/api/v1/alarms/limits/${id}`, { ...terms, stage: "live" }, { "If-Match": '"1"' });
  await until("the alarm on the tile", async () => { const t = await heat(); return t.alarms.p2 > 0 && t.abnormal > 0 && t.abnormal <= 2; });
  const red = tile("热处理车间");
  await red.getByRole("img", { name: /2号网带炉 1区温度，.*偏高，报警（高）/ }).waitFor(); // its limit is why it stands there
  await red.getByRole("link", { name: /^报警（高）\d+ 条$/ }).waitFor();
  assert.match(await red.getByRole("link", { name: /^报警（高）/ }).textContent(), /^▲/);
  await accessible(page, "control-room", "control-room");
  await page.getByRole("button", { name: "深色" }).click();
  await accessible(page, "control-room-dark");
  await page.getByRole("button", { name: "浅色" }).click();
});

test("the same as a table, with search", async () => {
  await page.getByText("表格", { exact: true }).click();
  await page.getByRole("row", { name: /热处理车间.*2号网带炉.*1区温度.*偏高/ }).waitFor();
  await accessible(page, "control-room-table");
  await page.getByRole("searchbox", { name: "查找区域、设备或信号" }).fill("没有这个");
  await page.getByText("没有符合条件的图块。").first().waitFor();
  await page.getByRole("searchbox", { name: "查找区域、设备或信号" }).fill("");
  await page.getByText("图块", { exact: true }).first().click();
  await tile("热处理车间").waitFor();
});

test("a picture without answers is never taken for the present", async () => {
  await page.route("**/api/v1/control-overview**", (route) => route.abort());
  await page.getByRole("alert").filter({ hasText: "画面已停在" }).waitFor();
  assert.ok(await page.locator(".room.old").isVisible());
  assert.equal(await page.locator(".room.old .pointer").first().isVisible(), false, "no pointer says where a value is");
  await accessible(page, "control-room-old");
  await page.unroute("**/api/v1/control-overview**");
  await page.locator(".room:not(.old)").waitFor();
});

test("on a phone and on a big screen, in English", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await tile("热处理车间").waitFor();
  await until("390 px to be enough", () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 5_000);
  await accessible(page, "control-room-phone");
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.getByRole("link", { name: "大屏", exact: true }).click();
  await page.getByRole("link", { name: "退出大屏" }).waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { level: 1, name: "Control room" }).waitFor();
  await page.getByRole("article", { name: "Heat treatment", exact: false }).first().waitFor();
  await accessible(page, "control-room-wall");
  await page.locator("[data-tile]").first().press("Enter");
  await page.getByRole("link", { name: "Whole plant" }).click();
  await page.getByRole("heading", { level: 1, name: "Control room" }).waitFor();
});

test("who may only look lays nothing out", async () => {
  const viewer = await signedIn(browser, demo.base, "viewer", "viewer-demo");
  await viewer.goto(`${demo.base}/control`);
  await viewer.getByRole("article", { name: "热处理车间", exact: true }).waitFor();
  assert.equal(await viewer.getByRole("button", { name: /^布置/ }).count(), 0);
});
