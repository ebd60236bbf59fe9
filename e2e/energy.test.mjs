// The energy manager lays meters out from the plant model, sees where energy went,
// what it cost and what standing machines burn, and makes a baseline.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page, site;

before(async () => {
  demo = await startDemo(undefined, "--orders", "--hurry", "20s"); // at any hour: a plan keeps breaks
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

test("what orders and parts used adds up to the meter, with what is not allocated", async () => {
  await page.goto(`${demo.base}/energy?tab=allocation&range=1h`);
  const a = await until("an order with electricity", async () => {
    const to = new Date(), from = new Date(to - 3_600_000);
    const got = await demo.api(`/api/v1/energy/${site.id}/allocation?from=${from.toISOString()}&to=${to.toISOString()}`);
    return got.orders.some((o) => o.kwh > 0) && got.rest && got;
  });
  const sum = a.orders.reduce((n, o) => n + o.kwh, 0) + a.free.kwh + a.rest.kwh;
  assert.ok(Math.abs(sum - a.total.value) < 1e-4, `${sum} of ${a.total.value}`);
  await page.reload();
  const sums = page.getByRole("region", { name: "去向" });
  await sums.getByText("未分摊（无设备计量）").waitFor();
  await page.getByRole("region", { name: "各订单用电" }).getByRole("link", { name: a.orders[0].number }).waitFor();
  await page.getByRole("region", { name: "各设备" }).getByText("自有电表").first().waitFor();
  await accessible(page, "electricity of orders", "energy-orders");
  await page.goto(`${demo.base}/production/orders?order=${a.orders.find((o) => o.kwh > 0).id}`);
  await page.getByRole("tab", { name: "能耗" }).click();
  await page.getByText("按设备状态").waitFor();
  await accessible(page, "electricity of one order");
});

test("machines are held against their class, and one is put on the list of replacements with a pay-back", async () => {
  await page.goto(`${demo.base}/energy?tab=benchmark&range=1h`);
  await page.getByRole("region", { name: /^设备类别/ }).first().waitFor();
  await accessible(page, "the benchmark of classes", "energy-benchmark");
  await page.getByRole("button", { name: /^列入更换清单/ }).first().click();
  const drawer = page.getByRole("dialog", { name: "新建更换项" });
  await drawer.getByLabel("代号").fill("motor_1");
  await drawer.getByLabel("新设备").fill("一级能效主轴电机");
  await drawer.getByLabel("价格（元）").fill("4800");
  await drawer.getByLabel("依据", { exact: true }).click();
  await page.getByTitle("能效等级表").click();
  await drawer.getByLabel("等级表").click();
  await page.getByTitle(/GB 18613-2020/).click();
  await drawer.getByText("未核对").waitFor();
  await drawer.getByLabel("现值").fill("80");
  await drawer.getByLabel("数据来源（铭牌、实测、报价）").fill("铭牌");
  await drawer.getByLabel("理由（必填）").fill("老电机");
  await accessible(page, "the editor of a replacement");
  await drawer.getByRole("button", { name: "保存" }).click();
  await drawer.waitFor({ state: "hidden" });
  await page.getByRole("tab", { name: "更换清单" }).click();
  await page.getByRole("region", { name: "更换清单" }).getByText("一级能效主轴电机").waitFor();
  await accessible(page, "the list of replacements", "energy-replacements");
  const { items } = await demo.api(`/api/v1/energy/${site.id}/replacements`);
  assert.equal(items[0].new, 88.2);
  assert.equal(items[0].grade_table.verified, "unverified");
  assert.ok(Math.abs(items[0].saved_share - (1 - 80 / 88.2)) < 1e-9 || items[0].why === "not_all_known", JSON.stringify(items[0]));
});

test("a charge is entered, and jobs of the plan in use are proposed for cheaper hours", async () => {
  await page.goto(`${demo.base}/energy?tab=demand`);
  await page.getByText("本月没有生效的基本电价").waitFor();
  await page.getByRole("button", { name: "编辑计量与电价" }).click();
  const drawer = page.getByRole("dialog", { name: /计量网络/ });
  await drawer.getByRole("button", { name: "新增基本电价" }).click();
  await drawer.getByLabel("变压器 kVA 1").fill("1000");
  await drawer.getByLabel("元/kVA·月 1").fill("30");
  await drawer.getByLabel("元/kW·月 1").fill("48");
  await drawer.getByLabel("理由（必填）").fill("基本电价");
  await accessible(page, "charges in the editor of meters");
  await drawer.getByRole("button", { name: "保存" }).click();
  await drawer.waitFor({ state: "hidden" });
  await page.getByRole("region", { name: "基本电费（容量或需量）" }).getByText("30,000.00").first().waitFor();
  await accessible(page, "the charge of a month");
  await page.getByRole("tab", { name: "削峰填谷" }).click();
  await page.getByText(/这里没有现行计划|现行计划 \d+/).first().waitFor();
  await accessible(page, "load shifting", "energy-shifting");
});

test("power quality is held against limits with their sources", async () => {
  await page.goto(`${demo.base}/energy?tab=quality&range=1h&meter=meter_1`);
  const table = page.getByRole("region", { name: "电能质量" });
  await table.getByRole("row", { name: /^电压 voltage\.a/ }).waitFor();
  await table.getByText(/GB\/T 12325-2008/).first().waitFor();
  await accessible(page, "power quality", "energy-quality");
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
  await page.getByText(/个完整的周期|没有可用于拟合的周期/).first().waitFor();
});
