// Handshakes in the browser: the demo's gantry (OPC UA) hands parts to a buffer (Modbus),
// and an AGV (S7) brings what the gantry calls for. The sequence is drawn live with who is
// waited for; a jam behind the buffer slows the gantry and lets it go again; a hand-over is
// given up by a person; a new handshake is written, which its author may not approve and
// another does; it is refused beside the one that moves its set points. Each page is looked
// at with axe, in both languages and on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, engineer, admin, transfer, callOff, buffer, gantry;
const all = async () => (await demo.api("/api/v1/handshakes")).items;
const view = (id = transfer) => demo.api(`/api/v1/handshakes/${id}`);
const handed = async (id = transfer, end = "") => (await demo.api(`/api/v1/handshakes/${id}/handovers?limit=200&end=${end}`)).items;

before(async () => {
  demo = await startDemo();
  const two = await until("two handshakes that run", async () => { const v = await all(); return v.length === 2 && v.every((x) => x.run.mode === "on") && v; });
  const one = (kind) => two.find((v) => v.handshake.kind === kind).handshake;
  transfer = one("transfer").series;
  callOff = one("call-off").series;
  gantry = one("transfer").giver.equipment;
  buffer = one("transfer").taker.equipment;
  browser = await launch();
  engineer = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

let tries = 0;
/** Sets a set point of a machine as a person does. */
const set = (equipment, signal, number) => until(`${signal} = ${number}`, async () => (await demo.send("POST", "/api/v1/commands?wait_ms=10000", { equipment, signal, value: { number } }, { "Idempotency-Key": `e2e-${signal}-${tries++}` })).state === "confirmed");
const panel = (page) => page.getByRole("region", { name: /桁架机械手到缓存工位 的交接过程/ });

test("the list shows where each handshake stands, and the sequence is drawn live", async () => {
  await until("three hand-overs", async () => (await handed(transfer, "done")).length >= 3, 120_000);
  const page = engineer;
  await page.getByRole("link", { name: "设备交接", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "设备交接" }).waitFor();
  await page.getByRole("row", { name: /桁架机械手到缓存工位.*运行/ }).waitFor();
  await page.getByRole("row", { name: /机械手叫料 AGV 送料.*运行/ }).waitFor();
  await accessible(page, "handshakes");
  await page.getByRole("button", { name: "桁架机械手到缓存工位" }).click();
  await panel(page).getByRole("listitem").filter({ hasText: "请求交出" }).waitFor();
  assert.equal(await panel(page).getByRole("listitem").count() >= 4, true);
  await panel(page).getByText(/ms 回读确认/).first().waitFor();
  const [last] = await handed(transfer, "done");
  assert.ok(last.steps.length === 4 && last.steps.every((s) => s.told.state === "confirmed" && s.told.command && s.tag), "each step with its command and signal");
  await accessible(page, "handshake-live");
});

test("the times of the steps are a chart and a table, and hand-overs a list with evidence", async () => {
  const page = engineer;
  await page.getByRole("img", { name: /各步用时的中位数/ }).waitFor();
  await page.getByText("表格", { exact: true }).click();
  await page.getByRole("columnheader", { name: "等待 95%" }).waitFor();
  await accessible(page, "handshake-times");
  const s = await demo.api(`/api/v1/handshakes/${transfer}/statistics`);
  assert.ok(s.count >= 3 && s.steps.length === 4 && s.steps[1].waited.median_ms > 0 && s.steps[1].waited.p95_ms >= s.steps[1].waited.median_ms && s.total.count >= 3, JSON.stringify(s));
  await page.getByRole("button", { name: /^查看过程/ }).first().click();
  await panel(page).getByText("选中的交接", { exact: false }).waitFor();
  await panel(page).getByRole("button", { name: "回到现在" }).click();
  const href = await page.getByRole("link", { name: "信号曲线" }).first().getAttribute("href");
  assert.match(href, /\/trend\?tags=/);
});

test("a jam behind the buffer slows the gantry, visibly, and lets it go again", async () => {
  const page = engineer;
  const loop = (await demo.api("/api/v1/control-loops")).items.find((v) => v.loop.output === "transfer.speed").loop.series;
  const speed = async () => (await demo.api(`/api/v1/control-loops/${loop}`)).now?.output;
  await until("the gantry at full speed", async () => (await speed()) === 100, 200_000);
  await set(buffer, "buffer.jam", 1);
  await until("the gantry slowed", async () => (await speed()) === 40, 200_000);
  await page.goto(`${demo.base}/control/loops?loop=${loop}`);
  await page.getByRole("region", { name: /下游缓存满，上游减速 的操作面板/ }).getByText("40", { exact: false }).first().waitFor();
  await accessible(page, "handshake-interlock");
  // The buffer fills: the gantry offers, nobody accepts, and the page says who is waited for.
  await until("an offer that waits", async () => { const { now } = await view(); return now.phase === "waiting" && now.step === "reserve" && now.since_ms > 1500; }, 240_000);
  await page.goto(`${demo.base}/control/handshakes?handshake=${transfer}`);
  await panel(page).getByText(/等 1号缓存工位 同意接收/).first().waitFor();
  await accessible(page, "handshake-waiting", "handshake");
  await panel(page).getByRole("button", { name: "中止这次交接" }).click();
  const dialog = page.getByRole("dialog", { name: "中止这次交接" });
  assert.equal(await dialog.getByRole("button", { name: "中止这次交接" }).isDisabled(), true);
  await dialog.getByLabel("为什么").fill("下游堵料，先清缓存");
  await accessible(page, "handshake-give-up");
  await dialog.getByRole("button", { name: "中止这次交接" }).click();
  const h = await until("the hand-over given up", async () => (await handed(transfer, "aborted")).find((x) => x.why === "person"));
  assert.ok(h.by === "engineer" && h.reason === "下游堵料，先清缓存", JSON.stringify(h));
  await set(buffer, "buffer.jam", 0);
  await until("the gantry at full speed again", async () => (await speed()) === 100, 240_000);
});

test("the AGV brings what the gantry calls for, step by step", async () => {
  const h = await until("a call-off that came to its end", async () => (await handed(callOff, "done"))[0], 240_000);
  assert.deepEqual(h.steps.map((s) => s.name), ["call", "reserved", "picked-up", "delivered", "confirmed"]);
  // It stood among the calls of the machines, accepted by the AGV and closed by the machine's confirmation.
  const call = await until("its call", async () => (await demo.api("/api/v1/calls?limit=200")).items.find((c) => c.steps[0].note.includes(h.id) && c.state === "done"));
  assert.deepEqual(call.steps.map((s) => s.state), ["called", "accepted", "done"]);
  const page = engineer;
  await page.goto(`${demo.base}/control/handshakes?handshake=${callOff}`);
  await page.getByRole("region", { name: /机械手叫料 AGV 送料 的交接过程/ }).getByText("已送达").first().waitFor();
  await accessible(page, "handshake-call-off");
});

test("a new handshake is checked while it is written; another person approves it; two never move one set point", async () => {
  const page = engineer;
  await page.getByRole("button", { name: "新建交接" }).click();
  const form = page.getByRole("dialog", { name: "新建交接" });
  const choose = async (label, text, nth = 0) => {
    await form.getByLabel(label, { exact: true }).nth(nth).fill(text);
    await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").getByText(text, { exact: false }).last().click();
  };
  await form.getByLabel("中文名").fill("备用交接");
  await form.getByLabel("负责人").fill("engineer");
  await choose("交出方", "1号桁架机械手");
  await choose("接收方", "1号缓存工位");
  for (const [step, code, tell] of [["请求交出", 1, 1], ["同意接收", 1, 1], ["开始传送", 2, 2], ["传送完成", 3, 3]]) {
    const field = (label) => form.getByLabel(`${label} ${step}`, { exact: true });
    for (const [label, signal] of [["信号", "hand.code"], ["告知对方的设定点", "hand.told"]]) {
      await field(label).fill(signal);
      await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").getByText(signal, { exact: false }).last().click();
    }
    await field("值为").fill(String(code));
    await field("设为").fill(String(step === "请求交出" ? 0 : tell));
  }
  await form.getByText(/nothing is told by that/).waitFor(); // 0 and back to 0
  await form.getByLabel("设为 请求交出", { exact: true }).fill("1");
  await form.getByText("约定完整，可以保存。").waitFor();
  await accessible(page, "handshake-form");
  await form.getByRole("button", { name: "保存草稿" }).click();
  await page.getByText("本版是您写的，须由另一个人批准。").waitFor();
  const id = (await all()).find((v) => v.handshake.name.zh === "备用交接").handshake.series;
  admin = await signedIn(browser, demo.base, "admin", "admin-demo");
  await admin.goto(`${demo.base}/control/handshakes?handshake=${id}`);
  await admin.getByRole("button", { name: /^批\s*准$/ }).first().click();
  await admin.locator(".ant-popover").getByRole("button", { name: /批\s*准/ }).click();
  await until("it is approved", async () => (await view(id)).handshake.state === "approved");
  await admin.getByRole("region", { name: /备用交接 的交接过程/ }).getByRole("button", { name: "启用" }).click();
  await admin.getByRole("dialog", { name: "启用" }).getByRole("button", { name: "启用" }).click();
  await admin.getByText(/would both move hand.told/).waitFor();
  assert.equal((await view(id)).run.mode, "off");
  assert.ok(gantry && (await view()).run.mode !== "off");
});

test("the page speaks English, and fits a phone", async () => {
  const page = admin;
  await page.goto(`${demo.base}/control/handshakes?handshake=${transfer}`);
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { level: 1, name: "Handshakes" }).waitFor();
  await page.getByRole("heading", { level: 2, name: "Times of the steps" }).waitFor();
  await accessible(page, "handshake-english");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole("heading", { level: 1, name: "Handshakes" }).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "no sideways scrolling");
  await accessible(page, "handshake-phone");
});
