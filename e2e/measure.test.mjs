// An operator measures at the kiosk of a machine: what is due for the running job is
// said, values are typed with big keys, the answer is there at once, also without a
// network; what was mistyped is withdrawn and stays to be seen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, person, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, context, kiosk, lathe, diameter, look;
const product = "6204-2rs";
const number = "MO-M-1";
const hour = 3_600_000;

before(async () => {
  demo = await startDemo();
  lathe = (await demo.api("/api/v1/equipment?limit=1000&class=lathe")).items.find((m) => m.path.endsWith("/lathe-01"));
  const d = await demo.send("POST", "/api/v1/operations-definitions", { product, revision: 1, state: "draft", valid: {}, unit: "{piece}", rev: 0, materials: [], segments: [{ no: 10, name: { zh: "车削" }, alternatives: [{ equipment: lathe.id, setup_ms: 0, run_ms: 20_000 }] }] });
  await demo.send("POST", `/api/v1/operations-definitions/${product}/1/state`, { state: "released" }, { "If-Match": `"${d.rev}"` });
  const o = await demo.send("POST", "/api/v1/orders", { number, kind: "make", product, quantity: 500, place: "xinchang-bearing/xinchang", due: new Date(Date.now() + 24 * hour).toISOString(), priority: 50 });
  await demo.send("POST", `/api/v1/orders/${o.id}/state`, { what: "released" }, { "If-Match": `"${o.rev}"` });
  const plan = (more) => demo.send("POST", "/api/v1/characteristics", { place: lathe.id, item: product, operation: 10, stage: "in_process", rules: ["n1"], ...more });
  diameter = await plan({ code: "3.1", name: { zh: "手检外径", en: "diameter" }, unit: "mm", decimals: 3, lsl: 29.98, usl: 30.02, size: 2, chart: "xbar-r", first_piece: true, every_parts: 50 });
  look = await plan({ code: "4", name: { zh: "外观", en: "looks" }, attribute: true, size: 50, chart: "p", every_minutes: 60 });
  for (let i = 0; i < 26; i++) await demo.send("POST", `/api/v1/characteristics/${diameter.id}/measurements`, { values: [30 + 0.002 * Math.sin(i * i), 30 + 0.002 * Math.cos(i * i)], at: new Date(Date.now() - (30 - i) * hour).toISOString(), key: `w${i}` });
  await demo.send("POST", `/api/v1/characteristics/${diameter.id}/limits`, { from: new Date(Date.now() - 40 * hour).toISOString(), to: new Date().toISOString(), reason: "first" });
  await demo.send("POST", `/api/v1/orders/${o.id}/entries`, { job: 10, what: "job", command: "run", equipment: lathe.id });
  browser = await launch();
  context = await browser.newContext(person);
  kiosk = await context.newPage();
  kiosk.setDefaultTimeout(20_000);
  await kiosk.goto(`${demo.base}/kiosk/machine/${lathe.id}`);
  await kiosk.getByLabel("用户名").fill("operator");
  await kiosk.getByLabel("密码").fill("operator-demo");
  await kiosk.keyboard.press("Enter");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const press = async (keys) => { for (const k of keys) await kiosk.getByRole("button", { name: k === "-" ? "−" : k, exact: true }).click(); };
const measured = async (id) => (await demo.api(`/api/v1/characteristics/${id}/chart?from=${new Date(Date.now() - 2 * hour).toISOString()}&to=${new Date(Date.now() + hour).toISOString()}`));

test("the first piece is due; one touch, then the keys; the answer is there at once", async () => {
  const due = kiosk.getByRole("button", { name: "3.1 手检外径 · 首件该测" });
  await due.waitFor();
  await kiosk.getByRole("button", { name: /^4 外观 · \d\d:\d\d 测$/ }).waitFor();
  await accessible(kiosk, "kiosk-due");
  await due.click();
  await kiosk.getByText("29.980 … 30.020", { exact: false }).waitFor();
  const heights = await kiosk.locator("button:visible").evaluateAll((all) => all.map((b) => b.getBoundingClientRect().height));
  assert.ok(Math.min(...heights) >= 64, `a target of ${Math.min(...heights)} px`);
  await press(["确定"]);
  await kiosk.getByText("请输入数字").waitFor();
  await press([..."30.001", "确定"]);
  await press([..."30.002"]);
  await accessible(kiosk, "kiosk-measuring");
  await press(["确定"]);
  await kiosk.getByText("受控：30.002 mm").or(kiosk.getByText("受控：30.001 mm")).first().waitFor();
  await kiosk.getByRole("img", { name: /最近的点/ }).waitFor();
  await accessible(kiosk, "kiosk-measured");
  await press(["知道了"]);
  await kiosk.getByRole("button", { name: /^3\.1 手检外径 · 还差 \d+ 件$/ }).waitFor();
  const v = await measured(diameter.id);
  assert.deepEqual([v.points.length, v.points[0].values, v.points[0].order], [1, [30.001, 30.002], number]);
});

test("without a network a value is judged and kept, and sent once when it is back", async () => {
  await context.setOffline(true);
  await kiosk.getByRole("button", { name: /^3\.1/ }).click();
  await press([..."30.03", "确定", ..."30.01", "确定"]);
  await kiosk.getByText("超出规范：30.020 mm").waitFor();
  await press(["知道了"]);
  await kiosk.getByText("1 待发送").waitFor();
  await context.setOffline(false);
  await until("the measurement at the node", async () => (await measured(diameter.id)).points.length === 2);
  await kiosk.getByText("1 待发送").waitFor({ state: "hidden" });
  const v = await measured(diameter.id);
  assert.deepEqual([v.points[1].values, v.points[1].outside], [[30.03, 30.01], true]);
});

test("what was mistyped is withdrawn with its reason, counts no more and is seen on the page", async () => {
  const withdraw = kiosk.getByRole("button", { name: "撤回 30.020" });
  await until("the kiosk to know of it", async () => { // what is shown was asked before
    await kiosk.getByRole("button", { name: /^3\.1/ }).click();
    if (await withdraw.isVisible()) return true;
    await press(["返回"]);
    return false;
  });
  await withdraw.click();
  await accessible(kiosk, "kiosk-withdraw");
  await kiosk.getByRole("button", { name: "输错了" }).click();
  await until("it to count no more", async () => (await measured(diameter.id)).points.length === 1);
  const v = await measured(diameter.id);
  assert.deepEqual([v.withdrawn.length, v.withdrawn[0].values, v.withdrawn[0].withdrawn.reason, v.withdrawn[0].withdrawn.by], [1, [30.03, 30.01], "输错了", "operator"]);
  const page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
  await page.goto(`${demo.base}/quality?tab=chart&characteristic=${diameter.id}`);
  await page.getByText("已撤回的测量 1").click();
  await page.getByRole("cell", { name: "输错了" }).waitFor();
  await accessible(page, "quality-withdrawn");
  await page.context().close();
});

test("what is judged: how many were looked at and found, by number keys of a keyboard, too", async () => {
  await kiosk.getByRole("button", { name: /^4 外观/ }).click();
  await kiosk.keyboard.type("2");
  await kiosk.getByRole("button", { name: /^检查数：50$/ }).waitFor();
  await press(["确定"]);
  await kiosk.getByText("已记下，还没有控制限：0.04").waitFor();
  await press(["知道了"]);
  const v = await measured(look.id);
  assert.deepEqual([v.points[0].value, v.points[0].size], [0.04, 50]);
});
