// A rule's way in the browser: the engineer writes it with the signals at hand, is shown
// where it is wrong, tries it on history and lets it decide in shadow; another person
// allows it on a phone; the machine drifts, the rule sets it back and says what it read;
// it is suspended, a next revision acts, and the first is rolled back to. Each page is
// looked at with axe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, engineer, phone, grinder, id;
const path = "grinding/line-1/grinder-01";

before(async () => {
  demo = await startDemo();
  const { items } = await demo.api("/api/v1/nodes");
  grinder = items.find((n) => n.path.endsWith(path));
  const { rev, valid: _valid, ...node } = grinder;
  await demo.send("PUT", `/api/v1/nodes/${grinder.id}`, { ...node, equipment: { ...node.equipment, device: { ...node.equipment.device, writing: true } } }, { "If-Match": `"${rev}"` });
  browser = await launch();
  engineer = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

let keys = 0;
const feed = (value) => demo.send("POST", "/api/v1/commands?wait_ms=10000", { equipment: grinder.id, signal: "feed.override", value: { number: value } }, { "Idempotency-Key": `e2e-rules-${++keys}` });
const fired = async (mode) => (await demo.api("/api/v1/rule-firings")).items.filter((f) => f.mode === mode);
const rule = async (one = id) => (await demo.api(`/api/v1/rules/${one}`)).rule;

async function choose(page, where, label, text) {
  await where.getByLabel(label, { exact: true }).first().click();
  if (await where.getByLabel(label, { exact: true }).first().isEditable()) await where.getByLabel(label, { exact: true }).first().fill(text);
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").locator(".ant-select-item-option, .ant-select-tree-title").filter({ hasText: text }).first().click();
}

/** A step in two: the button, and the dialog that says what will be. */
async function step(page, name, note) {
  await page.getByRole("dialog").first().getByRole("button", { name, exact: true }).click();
  const sure = page.locator(".ant-modal").filter({ hasText: name });
  if (note) await sure.getByLabel("为什么").fill(note);
  await sure.getByRole("button", { name: "再次确认" }).click();
  await sure.waitFor({ state: "hidden" });
}

test("the engineer writes a rule and is shown where it is wrong", async () => {
  const page = engineer;
  await page.getByRole("link", { name: "规则", exact: true }).click();
  await page.getByText("还没有规则", { exact: false }).waitFor();
  await accessible(page, "rules-none");
  await page.getByRole("button", { name: "新建规则" }).click();
  const form = page.getByRole("dialog", { name: "新建规则" });
  await form.getByLabel("名称（中文）").fill("进给过快就降回");
  await form.getByLabel("名称（英文）").fill("Feed too fast");
  await choose(page, form, "地点", "1号磨床");
  await choose(page, form, "设备 1", "1号磨床");
  await choose(page, form, "信号 1", "feed.rate");
  await form.getByLabel("叫什么 1").fill("feed");
  await form.getByRole("button", { name: "增加输入" }).click();
  await choose(page, form, "设备 2", "1号磨床");
  await choose(page, form, "信号 2", "power.active");
  await form.getByLabel("叫什么 2").fill("power");
  await form.getByRole("button", { name: "增加输入" }).click(); // what no device tells
  await choose(page, form, "设备 3", "1号磨床");
  await choose(page, form, "信号 3", "calendar.in_shift");
  await form.getByLabel("叫什么 3").fill("shift");
  const when = form.getByLabel("条件", { exact: true });
  await when.fill("feed > power");
  await form.getByText(/第 6 个字符: compares .* these are unlike/).waitFor();
  await accessible(page, "rules-unlike");
  await when.fill("fe");
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").getByRole("code").filter({ hasText: "feed" }).first().click();
  assert.equal(await when.inputValue(), "feed");
  await when.fill('feed > 500.0 && avg(feed, "2s") > 500.0 && (shift || !shift)');
  await form.getByText("可以用", { exact: false }).waitFor();
  await form.getByLabel("消失多久才结束（秒）").fill("1");
  await form.getByRole("button", { name: "增加动作" }).click();
  await choose(page, form, "做什么 2", "设定");
  await choose(page, form, "在哪里 2", "1号磨床");
  await choose(page, form, "设定点 2", "feed.override");
  await form.getByLabel("设为 2").fill("90");
  await choose(page, form, "规则无法继续时 2", "缓变到安全值");
  await form.getByLabel("安全值 2").fill("95");
  await form.getByLabel("每秒变化（空：一步到位） 2").fill("2");
  await form.getByText("可以用", { exact: false }).waitFor();
  await form.getByRole("button", { name: "看最近 6 小时会在何时触发" }).click();
  await form.getByText(/最近 .* 会触发 \d+ 次/).waitFor();
  await accessible(page, "rules-form");
  await form.getByRole("button", { name: "保存草稿" }).click();
  await page.getByRole("dialog", { name: /进给过快就降回.*第 1 版/ }).getByText("草稿").first().waitFor();
  id = new URL(page.url()).searchParams.get("rule");
  assert.ok(id);
});

test("it is tried on history and decides in shadow, without acting", async () => {
  const page = engineer;
  const shown = page.getByRole("dialog", { name: /第 1 版/ });
  await shown.getByRole("button", { name: "试并记录" }).click();
  await shown.getByText(/最近 .* 会触发 \d+ 次/).waitFor();
  await shown.getByText("已试").first().waitFor();
  await accessible(page, "rules-backtest");
  await step(page, "影子运行");
  await shown.getByText("运行中", { exact: true }).waitFor();
  await feed(110);
  await until("a firing in shadow", async () => (await fired("shadow")).length === 1);
  assert.equal((await fired("shadow"))[0].outcomes.length, 0);
  await shown.getByText("影子", { exact: true }).first().waitFor();
  await feed(100);
  await until("the end of the firing", async () => (await fired("shadow"))[0].to);
  await until("the command of a person after it", async () => (await demo.api(`/api/v1/rules/${id}/comparison?from=${new Date(Date.now() - 36e5).toISOString()}&to=${new Date(Date.now() + 6e4).toISOString()}`)).hits >= 1);
  await shown.getByText(/1 次与规则一致/).waitFor();
  await accessible(page, "rules-shadow");
  await step(page, "申请生效", "影子里判断对了");
  await shown.getByText("须由另一个人批准", { exact: false }).waitFor();
  assert.equal(await shown.getByRole("button", { name: "批准生效" }).isDisabled(), true);
  await accessible(page, "rules-asked");
});

test("another person allows it on a phone", async () => {
  phone = await signedIn(browser, demo.base, "admin", "admin-demo");
  await phone.setViewportSize({ width: 390, height: 844 });
  await phone.goto(`${demo.base}/control/rules?rule=${id}`);
  const shown = phone.getByRole("dialog", { name: /第 1 版/ });
  await shown.getByText("申请生效", { exact: false }).first().waitFor();
  await accessible(phone, "rules-phone");
  const button = await shown.getByRole("button", { name: "批准生效" }).boundingBox();
  assert.ok(button && button.x >= 0 && button.x + button.width <= 390, `the button stands at ${JSON.stringify(button)}`);
  await shown.getByRole("button", { name: "批准生效" }).click();
  await phone.locator(".ant-modal").getByText(/规则会自己动作：.*feed.override = 90/).waitFor();
  await accessible(phone, "rules-phone-sure");
  await phone.locator(".ant-modal").getByRole("button", { name: "再次确认" }).click();
  await shown.getByText("生效", { exact: true }).first().waitFor();
  assert.equal((await rule()).state, "active");
});

test("the machine is set too fast, and the rule sets it back", async () => {
  await until("it runs", async () => (await demo.api(`/api/v1/rules/${id}`)).status.running);
  await feed(110);
  const one = await until("a firing that acts", async () => (await fired("active")).find((f) => f.outcomes.length === 2));
  assert.deepEqual(one.outcomes.map((o) => [o.kind, o.state]), [["alarm", "done"], ["command", "confirmed"]]);
  assert.ok(one.readings.some((r) => r.name === "feed" && r.number > 500), JSON.stringify(one.readings));
  await until("the end of the firing", async () => (await fired("active"))[0].to);
  const commands = (await demo.api(`/api/v1/commands?equipment=${grinder.id}`)).items;
  assert.equal(commands[0].value.number, 90);
  assert.match(commands[0].by, /Feed too fast, revision 1/);
  const page = engineer;
  await page.getByRole("dialog", { name: /第 1 版/ }).getByText("读回一致").first().waitFor();
  await accessible(page, "rules-acted");
  await page.keyboard.press("Escape");
  await page.getByRole("tab", { name: "触发记录" }).click();
  await page.getByRole("cell", { name: "动作" }).first().waitFor();
  await accessible(page, "rules-firings");
});

test("it is suspended, the next revision acts, and the first is rolled back to", async () => {
  const page = engineer;
  await page.goto(`${demo.base}/control/rules?rule=${id}`);
  const shown = page.getByRole("dialog", { name: /第 1 版/ });
  await step(page, "停用", "要换砂轮");
  await shown.getByText("停用", { exact: false }).first().waitFor();
  await accessible(page, "rules-suspended");
  const { id: _id, rev: _rev, ...was } = await rule();
  let next = await demo.send("POST", "/api/v1/rules", { ...was, when: "feed > 520.0", note: "520" });
  const day = 864e5;
  next = (await demo.send("POST", `/api/v1/rules/${next.id}/backtest`, { rev: next.rev, from: new Date(Date.now() - day).toISOString(), to: new Date().toISOString(), within_s: 600 })).rule;
  for (const what of ["shadow", "request"]) next = await demo.send("POST", `/api/v1/rules/${next.id}/state`, { what, note: "x", rev: next.rev });
  await phone.goto(`${demo.base}/control/rules?rule=${next.id}`);
  await phone.getByRole("dialog", { name: /第 2 版/ }).getByRole("button", { name: "批准生效" }).click();
  await phone.locator(".ant-modal").getByRole("button", { name: "再次确认" }).click();
  await until("revision 2 acts", async () => (await rule(next.id)).state === "active");
  assert.equal((await rule()).state, "retired");
  await phone.goto(`${demo.base}/control/rules?rule=${id}`);
  await step(phone, "回到这一版", "520 太晚");
  await until("revision 1 acts again", async () => (await rule()).state === "active");
  assert.equal((await rule(next.id)).state, "retired");
  await page.goto(`${demo.base}/control/rules?rule=${id}`);
  await page.getByRole("dialog", { name: /第 1 版/ }).getByText("回到这一版").first().waitFor();
  await accessible(page, "rules-rolled-back");
});

test("it acts too often, suspends itself, and its set point goes to what was declared", async () => {
  const page = engineer;
  let r = await rule();
  assert.deepEqual(r.actions[1].safe, { action: "ramp", value: 95, rate: 2 });
  for (let n = 0; n < 12 && r.state === "active"; n++) {
    const before = (await fired("active")).length;
    await feed(110);
    await until("a firing, or the end", async () => (await fired("active")).length > before || (await rule()).state !== "active");
    await until("the end of the firing", async () => (await fired("active")).every((f) => f.to) || (await rule()).state !== "active");
    r = await rule();
  }
  assert.equal(r.state, "suspended");
  await until("its set point is safe", async () => (await rule()).securing.every((s) => s.done));
  assert.match((await rule()).securing[0].what, /feed.override is at 95/);
  const commands = (await demo.api(`/api/v1/commands?equipment=${grinder.id}`)).items;
  assert.equal(commands[0].value.number, 95);
  assert.match(commands[0].note, /safe action/);
  await page.goto(`${demo.base}/control/rules?rule=${id}`);
  await page.getByRole("list", { name: "设定点的安全动作" }).getByText("已完成").waitFor();
  await accessible(page, "rules-secured");
});

test("in English", async () => {
  const page = engineer;
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "en"));
  await page.goto(`${demo.base}/control/rules`);
  await page.getByRole("heading", { level: 1, name: "Rules" }).waitFor();
  await page.getByRole("button", { name: "Feed too fast" }).first().click();
  await page.getByRole("dialog", { name: /Feed too fast.*revision 1/ }).getByText("rolled back to").waitFor();
  await accessible(page, "rules-english");
});
