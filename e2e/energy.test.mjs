// The energy manager lays meters out from the plant model, sees where energy went,
// what it cost and what standing machines burn, and makes a baseline.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

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

test("meters are laid out from the plant model, with a tariff and a reason", async () => {
  await page.goto(`${demo.base}/energy`);
  await page.getByRole("heading", { level: 1, name: "能源" }).waitFor();
  await page.getByText("还没有配置计量").waitFor();
  await accessible(page, "no meters");
  const place = page.getByLabel("在此建立计量");
  await place.click();
  await place.fill("新昌厂区");
  await page.getByTitle("新昌厂区").last().click();
  await page.getByRole("button", { name: "由工厂模型生成" }).click();
  const drawer = page.getByRole("dialog", { name: /计量网络/ });
  assert.equal(await drawer.getByLabel("代号 1", { exact: true }).inputValue(), "total");
  assert.match(await drawer.getByLabel("公式 1", { exact: true }).inputValue(), /meter_1 \+ meter_2/);
  await drawer.getByRole("button", { name: "新增电价" }).click();
  await drawer.getByLabel("限值 1", { exact: true }).fill("2000");
  assert.equal(await drawer.getByRole("button", { name: "保存" }).isDisabled(), true);
  await drawer.getByLabel("理由（必填）").fill("首次建立");
  await accessible(page, "the editor of meters");
  await drawer.getByRole("button", { name: "保存" }).click();
  await page.getByRole("region", { name: "能源流向" }).waitFor();
  const { items } = await demo.api("/api/v1/energy");
  assert.equal(items.length, 1);
  assert.equal(items[0].note, "首次建立");
  assert.equal(items[0].meters[0].limit_kw, 2000);
});

test("where energy went, what it cost and what standing machines burn", async () => {
  await until("readings of the meters", async () => {
    const to = new Date(), from = new Date(to - 3_600_000);
    const b = await demo.api(`/api/v1/energy/${site.id}/balance?from=${from.toISOString()}&to=${to.toISOString()}`);
    return b.nodes[1].value > 0;
  });
  await page.goto(`${demo.base}/energy?range=1h`);
  await page.getByRole("region", { name: "折算合计" }).getByText("kgce").waitFor();
  await page.getByRole("link", { name: "查看读数" }).first().waitFor();
  await accessible(page, "a balance of energy", "energy");
  await page.getByRole("tab", { name: "需量" }).click();
  await page.getByRole("status").filter({ hasText: /本15分钟/ }).waitFor();
  await page.getByText("2,000 kW，超过 0 次").waitFor();
  await accessible(page, "demand");
  await page.getByRole("tab", { name: "电费" }).click();
  await page.getByText("电价表未经核对").waitFor();
  await page.getByRole("region", { name: "电费" }).getByText("元/kWh").first().waitFor();
  await accessible(page, "cost of energy");
  await page.getByRole("tab", { name: "待机损失" }).click();
  await page.getByText("待机与开机预热损失").waitFor();
  await page.getByRole("region", { name: "各设备" }).getByRole("link", { name: /车床/ }).first().waitFor();
  await accessible(page, "standby losses");
});

test("a baseline is tried and says when it does not pass", async () => {
  await page.goto(`${demo.base}/energy?tab=baselines`);
  await page.getByText("还没有能源基准").waitFor();
  await accessible(page, "no baseline");
  await page.getByRole("button", { name: "新建基准" }).click();
  const drawer = page.getByRole("dialog", { name: "新建基准" });
  await drawer.getByLabel("代号").fill("site");
  await drawer.getByLabel("名称", { exact: true }).fill("全厂基准");
  await accessible(page, "the editor of a baseline");
  await drawer.getByRole("button", { name: "试算" }).click();
  // The demo is minutes old: there is no whole day to fit to, and that is said.
  await page.getByText(/whole periods|no period to fit/).first().waitFor();
});
