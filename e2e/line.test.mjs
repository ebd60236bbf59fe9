// An engineer makes a line of the superfinishing cells and of the whole site; the
// line leader sees who holds it up and since when.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo, browser, page, site;

before(async () => {
  demo = await startDemo();
  const { items } = await demo.api("/api/v1/nodes?limit=1000");
  site = items.find((n) => n.path === "xinchang-bearing/xinchang");
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

test("a line is laid out from the plant model", async () => {
  await page.goto(`${demo.base}/line`);
  await page.getByRole("heading", { level: 1, name: "产线" }).waitFor();
  await page.getByText("还没有配置产线").waitFor();
  await accessible(page, "no line");
  const place = page.getByLabel("在此建立产线");
  await place.click();
  await place.fill("超精线");
  await page.getByTitle("超精线").last().click();
  await page.getByRole("button", { name: "由工厂模型生成" }).click();
  const drawer = page.getByRole("dialog", { name: /产线布局/ });
  assert.equal(await drawer.getByLabel("代号 1").inputValue(), "cell-a");
  await drawer.getByLabel("容量 1").fill("40");
  await drawer.getByLabel("名称 1").fill("粗超");
  await accessible(page, "the editor of a layout");
  await drawer.getByRole("button", { name: "保存" }).click();
  await page.getByRole("button", { name: /查看工位 粗超/ }).waitFor();
  const { items } = await demo.api("/api/v1/lines");
  assert.equal(items.length, 1);
  assert.equal(items[0].links[0].capacity, 40);
});

test("who holds the whole site up", async () => {
  const proposal = await demo.api(`/api/v1/lines/${site.id}/proposal`);
  const { path: _p, by: _b, at: _a, ...layout } = proposal;
  layout.from = new Date(Date.now() - 24 * 3_600_000).toISOString();
  await demo.send("PUT", `/api/v1/lines/${site.id}/layout`, layout);
  await page.goto(`${demo.base}/line?line=${site.id}&range=1h&demand=500`);
  await page.getByRole("button", { name: /查看工位 车削车间/ }).waitFor();
  await page.getByRole("status").filter({ hasText: /瓶颈/ }).waitFor();
  await page.getByRole("img", { name: /首行为瓶颈/ }).waitFor();
  await page.getByRole("img", { name: /产出损失|各工位计划节拍/ }).first().waitFor();
  await page.getByRole("region", { name: "产线指标" }).getByText("产线平衡率").waitFor();
  await accessible(page, "a line", "line");
  await page.locator("summary").filter({ hasText: "瓶颈时段" }).click();
  await accessible(page, "the bottleneck as a table");
  await page.getByRole("button", { name: /查看工位 磨削车间/ }).click();
  const drawer = page.getByRole("dialog", { name: /磨削车间/ });
  await drawer.getByRole("link", { name: /打开设备 1号磨床/ }).waitFor();
  await accessible(page, "a station");
  await drawer.getByRole("link", { name: /打开设备 1号磨床/ }).click();
  await page.getByRole("heading", { level: 1, name: /1号磨床/ }).waitFor();
});
