// The demo's stories of control in the browser: a grinder's offset that is corrected from
// run to run is handed back in two steps and is what it was before; a furnace's loop says
// how it goes through a tariff's peak, in its revision and its form, and gives the furnace
// its zone back. Each page is looked at with axe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page;
const loops = async () => (await demo.api("/api/v1/control-loops")).items;
const called = async (zh) => (await loops()).find((v) => v.loop.name.zh === zh);
const grinder = "2号磨床内径逐批修正", furnace = "1号炉2区温度";
const plate = (name) => page.getByRole("region", { name: `${name} 的操作面板` });

before(async () => {
  demo = await startDemo();
  for (const zh of [grinder, furnace]) await until(`${zh} in auto`, async () => (await called(zh))?.run.mode === "auto");
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("from the control room's tile to the grinder's loop, and back to what was before", async () => {
  const v = await called(grinder);
  assert.equal(v.run.before, 0, "the offset that stood there before");
  await page.getByRole("link", { name: "控制室", exact: true }).click();
  await page.getByRole("article", { name: "磨削车间", exact: true }).getByRole("link", { name: grinder }).click();
  await plate(grinder).getByRole("button", { name: "交还" }).click();
  const dialog = page.getByRole("dialog", { name: `交还 · ${grinder}` });
  await dialog.getByText("→ 0 mm", { exact: false }).waitFor();
  await accessible(page, "control-hand-back");
  assert.equal((await called(grinder)).run.mode, "auto", "nothing happens before the second step");
  await dialog.getByRole("button", { name: "确认交还" }).click();
  await until("the loop off", async () => (await called(grinder)).run.mode === "off");
  await plate(grinder).getByText("停用", { exact: true }).first().waitFor();
  const points = (await demo.api(`/api/v1/equipment/${v.loop.equipment}`)).values;
  const { items } = await demo.api(`/api/v1/tags?q=grinder-02/tool.offset`);
  assert.equal(points.find((p) => p.tag === items[0].no).value, 0);
  const audit = await demo.api("/api/v1/audit?limit=50");
  assert.ok(audit.items.some((a) => a.action === "loop.hand-back"), "it is in the audit");
});

test("how the furnace goes through a peak stands in its revision and its form", async () => {
  await page.goto(`${demo.base}/control/loops?loop=${(await called(furnace)).loop.series}`);
  await page.getByText("按电价时段移动设定值: 尖峰 -12　高峰 -12 (805 至 835)").waitFor();
  await page.getByRole("button", { name: "写下一版" }).click();
  const form = page.getByRole("dialog", { name: "写下一版" });
  assert.equal(await form.getByLabel("高峰", { exact: true }).inputValue(), "-12");
  await form.getByLabel("高峰", { exact: true }).fill("-10");
  await form.getByLabel("本版改了什么").fill("高峰少降一点");
  await accessible(page, "control-tariff");
  await form.getByRole("button", { name: "保存草稿" }).click();
  await page.getByText("本版是您写的，须由另一个人批准。").waitFor();
  const v = await demo.api(`/api/v1/control-loops/${(await called(furnace)).loop.series}`);
  assert.deepEqual(v.revisions[0].tariff, { by: [{ period: "sharp", by: -12 }, { period: "peak", by: -10 }], low: 805, high: 835 });
});

test("the furnace takes its zone back", async () => {
  await plate(furnace).getByRole("button", { name: "交还" }).click();
  const dialog = page.getByRole("dialog", { name: `交还 · ${furnace}` });
  await dialog.getByText("heater.remote → 0").waitFor();
  await dialog.getByRole("button", { name: "确认交还" }).click();
  await until("the loop off", async () => (await called(furnace)).run.mode === "off");
  const v = await called(furnace);
  const { items } = await demo.api(`/api/v1/tags?q=furnace-1/heater.remote`);
  await until("the furnace's own controller", async () => (await demo.api(`/api/v1/equipment/${v.loop.equipment}`)).values.find((p) => p.tag === items[0].no).value === 0);
  await page.getByRole("link", { name: "控制室", exact: true }).click();
  await page.getByRole("article", { name: "热处理车间", exact: true }).getByText("停用").first().waitFor({ state: "attached" });
  await accessible(page, "control-room-handed-back");
});
