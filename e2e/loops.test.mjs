// A control loop in the browser: the demo's furnace is held; its set point is moved in
// two steps; an autotuning proposes parameters; they become the next revision, which its
// author may not approve and another does; a person takes the furnace over, it sees that
// nobody serves its watchdog, and the loop says what it did. Each page is looked at with
// axe, in both languages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, engineer, admin, id;
const view = () => demo.api(`/api/v1/control-loops/${id}`);

before(async () => {
  demo = await startDemo();
  id = await until("the demo's furnace in auto", async () => (await demo.api("/api/v1/control-loops")).items.find((v) => v.loop.output === "heater.output" && v.run.mode === "auto" && v.now?.pv)?.loop.series);
  browser = await launch();
  engineer = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const plate = (page) => page.getByRole("region", { name: /1号炉2区温度 的操作面板/ });
const press = (page, name) => page.getByRole("dialog").getByRole("button", { name }).click();

test("the list shows how each loop stands, and one of them at work", async () => {
  const page = engineer;
  await page.getByRole("link", { name: "控制回路", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "控制回路" }).waitFor();
  await page.getByRole("row", { name: /1号炉2区温度.*自动/ }).waitFor();
  await accessible(page, "control-loops");
  await page.getByRole("button", { name: "1号炉2区温度" }).click();
  await plate(page).getByText("看门狗已喂", { exact: false }).waitFor();
  await page.getByRole("img", { name: /1号炉2区温度 的测量值、设定值和输出/ }).waitFor();
  await accessible(page, "control-loop");
});

test("the set point is moved in two steps, and the furnace follows", async () => {
  const page = engineer;
  await plate(page).getByRole("button", { name: "改设定值" }).click();
  const dialog = page.getByRole("dialog", { name: "改设定值" });
  await dialog.getByLabel("新值").fill("2000");
  assert.equal(await dialog.getByRole("button", { name: "下一步" }).isDisabled(), true);
  await dialog.getByLabel("新值").fill("835");
  await dialog.getByRole("button", { name: "下一步" }).click();
  await dialog.getByText("请核对：820 °C → 835 °C").waitFor();
  await accessible(page, "control-set-point");
  await dialog.getByRole("button", { name: "确认修改" }).click();
  await until("the furnace at 835 °C", async () => Math.abs((await view()).now.pv - 835) < 2, 240_000);
  const { items } = await demo.api(`/api/v1/control-loops/${id}/events?what=write`);
  assert.ok(items.length > 0 && items.every((e) => e.command && e.pv !== undefined && e.sp !== undefined), "writes with what they rested on");
  const commands = (await demo.api("/api/v1/commands?limit=200")).items.filter((c) => c.source === `loop:${id}` && c.signal === "heater.output");
  assert.ok(commands.length >= items.length && commands.some((c) => c.state === "confirmed"), `${commands.length} commands of ${items.length} writes`);
});

test("a person takes the furnace over without a jump and moves its output by hand", async () => {
  const page = engineer;
  const had = (await view()).now.output;
  await plate(page).getByRole("button", { name: "切手动" }).click();
  await accessible(page, "control-to-manual");
  await press(page, "切手动");
  await plate(page).getByText("手动", { exact: true }).waitFor();
  assert.ok(Math.abs((await view()).now.output - had) < 3, "the output stays");
  await plate(page).getByRole("button", { name: "改输出" }).click();
  const dialog = page.getByRole("dialog", { name: "改输出" });
  await dialog.getByLabel("新值").fill("74");
  await dialog.getByRole("button", { name: "下一步" }).click();
  await dialog.getByRole("button", { name: "确认写入" }).click();
  await until("74 % at the machine", async () => (await view()).now.output === 74);
});

test("an autotuning in two steps proposes parameters, and the next revision is written of them", async () => {
  const page = engineer;
  await page.getByRole("button", { name: "自整定" }).click();
  const dialog = page.getByRole("dialog", { name: "自整定" });
  await dialog.getByLabel("切换滞环（大于噪声）").fill("0.3");
  await accessible(page, "control-tune");
  await dialog.getByRole("button", { name: "下一步" }).click();
  await dialog.getByText("输出将在 64 与 84 之间切换", { exact: false }).waitFor();
  await dialog.getByRole("button", { name: "开始整定" }).click();
  await page.getByText("整定中：已振荡", { exact: false }).waitFor();
  await accessible(page, "control-tuning");
  await until("the end of the tuning", async () => { const v = await view(); return v.run.mode === "manual" && v.run.tuned; }, 300_000);
  const found = page.getByRole("region", { name: "上次整定的结果" });
  await found.getByText("临界增益", { exact: false }).waitFor();
  const { ultimate } = (await view()).run.tuned;
  assert.ok(ultimate.gain > 3 && ultimate.gain < 60 && ultimate.period_s > 4 && ultimate.period_s < 60, JSON.stringify(ultimate));
  await accessible(page, "control-tuned");
  await found.getByRole("row", { name: /Tyreus.*PI/ }).getByRole("button", { name: "写进下一版" }).first().click();
  const form = page.getByRole("dialog", { name: "写下一版" });
  await form.getByLabel("本版改了什么").fill("自整定，Tyreus–Luyben PI");
  await accessible(page, "control-form");
  await form.getByRole("button", { name: "保存草稿" }).click();
  await page.getByText("本版是您写的，须由另一个人批准。").waitFor();
});

test("another person approves it, and the loop goes on by it in auto", async () => {
  admin = await signedIn(browser, demo.base, "admin", "admin-demo");
  await admin.goto(`${demo.base}/control/loops?loop=${id}`);
  await admin.getByRole("button", { name: /^批\s*准$/ }).first().click();
  await admin.locator(".ant-popover").getByRole("button", { name: /批\s*准/ }).click();
  await until("revision 2 in effect", async () => (await view()).run.revision === 2);
  await accessible(admin, "control-revisions");
  await plate(admin).getByRole("button", { name: "投自动" }).click();
  await press(admin, "投自动");
  await plate(admin).getByText("自动", { exact: true }).waitFor();
});

test("somebody else moves the output: the loop suspends itself, says so, and gives way", async () => {
  await until("a quiet loop", async () => !(await view()).now.under_way);
  const { loop } = await view();
  let tries = 0; // the loop may be writing just then
  await until("the hand's command", async () => (await demo.send("POST", "/api/v1/commands?wait_ms=10000", { equipment: loop.equipment, signal: "heater.output", value: { number: 55 } }, { "Idempotency-Key": `e2e-hand-${tries++}` })).state === "confirmed");
  await until("its suspension", async () => (await view()).run.mode === "suspended");
  await plate(admin).getByText("somebody else set the output", { exact: false }).waitFor();
  await until("its alarm", async () => (await demo.api(`/api/v1/alarms?from=${new Date(Date.now() - 36e5).toISOString()}&to=${new Date(Date.now() + 6e4).toISOString()}`)).items.some((a) => a.source === "control" && a.open));
  await accessible(admin, "control-suspended");
  await plate(admin).getByRole("button", { name: "切手动" }).click();
  await press(admin, "切手动");
  await plate(admin).getByText("手动", { exact: true }).waitFor();
  await plate(admin).getByRole("button", { name: "停用" }).click();
  await press(admin, "停用");
  // Nobody serves the watchdog: the furnace takes its zone back by itself.
  const { items } = await demo.api(`/api/v1/tags?q=heater.remote&scope=${loop.path}`);
  const tag = items.find((t) => t.name === "heater.remote").no;
  await until("the furnace's own controller", async () => (await demo.api(`/api/v1/series?tag=${tag}&from=${new Date(Date.now() - 6e4).toISOString()}&to=${new Date(Date.now() + 1e3).toISOString()}&points=60`)).series[0].last.filter((v) => v !== null).at(-1) === 0);
});

test("what it did is a list, and the page speaks English too", async () => {
  const page = admin;
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { level: 1, name: "Control loops" }).waitFor();
  await page.getByRole("heading", { level: 3, name: "What it did" }).waitFor();
  await page.getByRole("cell", { name: "tuning", exact: true }).first().waitFor();
  await accessible(page, "control-english");
  await page.getByText("Table", { exact: true }).first().click();
  await page.getByRole("columnheader", { name: "Set point", exact: true }).first().waitFor();
  await accessible(page, "control-trend-table");
});
