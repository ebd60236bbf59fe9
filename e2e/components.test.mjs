// A component's way in the browser: an administrator allows a publisher's key, an engineer
// hands in a signed module, is told what does not fit, tries it on history and asks for it;
// another person approves it; it runs, its values stand in the trend and before rules; a
// second revision and the way back; one without an end is stopped, named and suspended; a
// revoked key stops what bears its signature. Each page is looked at with axe.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { freePort, startDemo, until } from "./demo.mjs";

const modules = new URL("../shop/component/sandbox/testdata/", import.meta.url);
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
let demo, browser, engineer, admin, grinder, id, port;

before(async () => {
  port = await freePort();
  demo = await startDemo(undefined, "--components", `127.0.0.1:${port}`);
  grinder = (await demo.api("/api/v1/nodes")).items.find((n) => n.path.endsWith("grinding/line-1/grinder-01"));
  browser = await launch();
  engineer = await signedIn(browser, demo.base, "engineer", "engineer-demo");
  admin = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  for (const p of services) p.kill();
  await demo?.stop();
});

/** A component as a service elsewhere: a process of its own with the NATS project's client. */
const services = [];
function service() {
  const child = spawn(process.execPath, ["nats/component.mjs"], { cwd: new URL("peers/", import.meta.url).pathname, stdio: ["pipe", "pipe", "inherit"] });
  services.push(child);
  const heard = [];
  createInterface({ input: child.stdout }).on("line", (line) => heard.push(JSON.parse(line)));
  return { say: (what) => child.stdin.write(`${JSON.stringify(what)}\n`), wait: (event) => until(event, () => { const i = heard.findIndex((e) => e.event === event); return i >= 0 && heard.splice(0, i + 1).at(-1); }) };
}

const file = (name) => new URL(`${name}.wasm`, modules).pathname;
const signature = async (name) => sign(null, await readFile(file(name)), privateKey).toString("base64");
const shownBy = async (one = id) => demo.api(`/api/v1/components/${one}`);

async function choose(page, where, label, text) {
  await where.getByLabel(label, { exact: true }).first().click();
  if (await where.getByLabel(label, { exact: true }).first().isEditable()) await where.getByLabel(label, { exact: true }).first().fill(text);
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").locator(".ant-select-item-option").filter({ hasText: text }).first().click();
}

/** A step in two: the button, and the dialog that says what will be. */
async function step(page, name, note) {
  await page.getByRole("dialog").first().getByRole("button", { name, exact: true }).click();
  const sure = page.locator(".ant-modal").filter({ hasText: name });
  if (note) await sure.getByLabel("为什么").fill(note);
  await sure.getByRole("button", { name: "再次确认" }).click();
  await sure.waitFor({ state: "hidden" });
}

/** Brings a module to work without the pages. */
async function working(name, code, outputs, more = {}) {
  const handed = await demo.send("POST", "/api/v1/component-modules", await readFile(file(name)), { "Content-Type": "application/octet-stream" });
  const publisher = (await demo.api("/api/v1/component-publishers")).items.find((p) => !p.revoked).id;
  let c = await demo.send("POST", "/api/v1/components", { name: { zh: `测试 ${code}`, en: `Test ${code}` }, code, place: grinder.id, form: "module", sha256: handed.sha256, publisher, signature: await signature(name), inputs: [{ name: "feed", unit: "mm/min", equipment: grinder.id, signal: "feed.rate" }], outputs, window_s: 10, places: 10, every_s: 1, ...more });
  c = await demo.send("POST", `/api/v1/components/${c.id}/state`, { what: "request", note: "x", rev: c.rev });
  await admin.goto(`${demo.base}/components?component=${c.id}`);
  await step(admin, "批准");
  c = await until("approval", async () => { const { component } = await shownBy(c.id); return component.state === "approved" && component; });
  return demo.send("POST", `/api/v1/components/${c.id}/state`, { what: "activate", rev: c.rev });
}

test("an administrator allows a publisher's key", async () => {
  const page = admin;
  await page.getByRole("link", { name: "组件", exact: true }).click();
  await page.getByText("还没有组件", { exact: false }).waitFor();
  await accessible(page, "components-none");
  await page.getByRole("tab", { name: "发布者" }).click();
  await page.getByText("还没有允许任何发布者", { exact: false }).waitFor();
  await page.getByRole("button", { name: "允许发布者" }).click();
  const form = page.locator(".ant-modal");
  await form.getByLabel("发布者", { exact: true }).fill("华能软测量");
  await form.getByLabel("公钥（Ed25519）").fill("nonsense");
  await form.getByRole("button", { name: "允许发布者" }).click();
  await page.getByText(/既不是 PEM，也不是 32 字节/).waitFor();
  await form.getByLabel("公钥（Ed25519）").fill(publicKey.export({ type: "spki", format: "pem" }));
  await accessible(page, "components-key");
  await form.getByRole("button", { name: "允许发布者" }).click();
  await page.getByRole("cell", { name: "华能软测量", exact: true }).waitFor();
  await accessible(page, "components-publishers");
});

test("an engineer hands a signed module in, and is told what does not fit", async () => {
  const page = engineer;
  await page.getByRole("link", { name: "组件", exact: true }).click();
  await page.getByRole("button", { name: "新建组件" }).click();
  const form = page.getByRole("dialog", { name: "新建组件" });
  await form.locator("input[type=file]").setInputFiles(file("import"));
  await form.getByText(/要导入函数 wasi_snapshot_preview1.clock_time_get/).waitFor();
  await form.locator("input[type=file]").setInputFiles(file("mean"));
  await form.getByText(/初始内存/).waitFor();
  await form.getByLabel("名称（中文）").fill("进给速度软测量");
  await form.getByLabel("名称（英文）").fill("Feed soft sensor");
  await choose(page, form, "设备", "1号磨床");
  await form.getByLabel("代号", { exact: true }).fill("feedsoft");
  await choose(page, form, "发布者", "华能软测量");
  await form.getByLabel("签名（Ed25519，base64）").fill(await signature("loop"));
  await form.getByLabel("组件里的名称 1").fill("feed");
  await choose(page, form, "设备 1", "1号磨床");
  await choose(page, form, "信号 1", "feed.rate");
  assert.equal(await form.getByLabel("单位 1").first().inputValue(), "mm/min");
  await form.getByLabel("输出名称 1").fill("mean");
  await form.getByLabel("叫什么 1").fill("平均进给");
  await form.getByRole("button", { name: "增加输出" }).click();
  await form.getByLabel("输出名称 2").fill("most");
  await form.getByText(/签名的是另一份模块/).waitFor();
  await accessible(page, "components-unsigned");
  await form.getByLabel("签名（Ed25519，base64）").fill(await signature("mean"));
  await form.getByText("可以用：签名属于 华能软测量。").waitFor();
  await form.getByLabel("单位 1").first().fill("K");
  await form.getByText(/组件的 feed 以 "K" 为单位.*请选择单位相同的信号/).waitFor();
  await form.getByLabel("单位 1").first().fill("mm/min");
  await form.getByLabel("窗口（秒）").fill("10");
  await form.getByLabel("分成几点").fill("10");
  await form.getByLabel("每隔（秒）").fill("1");
  await form.getByText("可以用：签名属于 华能软测量。").waitFor();
  await accessible(page, "components-form");
  await form.getByRole("button", { name: "保存草稿" }).click();
  await page.getByRole("dialog", { name: /进给速度软测量.*第 1 版/ }).getByText("草稿").first().waitFor();
  id = new URL(page.url()).searchParams.get("component");
  assert.ok(id);
});

test("it is tried on history, and asked for", async () => {
  const page = engineer;
  const shown = page.getByRole("dialog", { name: /第 1 版/ });
  await shown.getByRole("combobox", { name: "在历史上试" }).click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").getByText("最近 1 小时").click();
  await shown.getByRole("button", { name: "试", exact: true }).click();
  await shown.getByText(/次调用，每 .* 秒一次：\d+ 次有结果/).waitFor();
  const said = await shown.getByText(/次调用，每 .* 秒一次/).first().textContent();
  assert.ok(Number(/(\d+) 次有结果/.exec(said)[1]) > 0, said);
  await shown.getByRole("img", { name: /次调用的用时分布/ }).waitFor();
  await shown.getByRole("img", { name: /mean 的 \d+ 个输出值/ }).waitFor();
  await accessible(page, "components-trial");
  await step(page, "申请批准", "在一小时历史上试过");
  await shown.getByText("须由另一个人批准", { exact: false }).waitFor();
  assert.equal(await shown.getByRole("button", { name: "投入运行" }).count(), 0);
});

test("another person approves it, and it runs", async () => {
  await admin.goto(`${demo.base}/components?component=${id}`);
  const shown = admin.getByRole("dialog", { name: /第 1 版/ });
  await shown.getByText("申请批准", { exact: false }).first().waitFor();
  await accessible(admin, "components-asked");
  await step(admin, "批准");
  await shown.getByText("已批准", { exact: true }).first().waitFor();
  const page = engineer;
  await page.goto(`${demo.base}/components?component=${id}`);
  await step(page, "投入运行");
  const { status } = await until("calls", async () => { const s = await shownBy(); return s.status.calls >= 5 && s; });
  assert.equal(status.failures, 0);
  assert.equal(status.last.why, undefined);
  assert.match(status.last.window, /^[0-9a-f]{64}$/);
  await page.getByRole("dialog", { name: /第 1 版/ }).getByText("运行中", { exact: true }).waitFor();
  await page.getByRole("img", { name: /mean 的 [1-9]\d* 个输出值/ }).first().waitFor();
  await page.getByRole("button", { name: "重算核对" }).click();
  await page.getByText(/重算 [1-9]\d* 个窗口：0 个结果不同/).waitFor();
  await accessible(page, "components-running", "components");
});

test("what it says is a signal like any other", async () => {
  const words = (await demo.api(`/api/v1/equipment/${grinder.id}/rule-words`)).items;
  const word = words.find((w) => w.name === "component.feedsoft.mean");
  assert.equal(word.kind, "number");
  const { items } = await demo.api(`/api/v1/samples?tag=${word.tag}&from=${new Date(Date.now() - 6e5).toISOString()}&to=${new Date().toISOString()}`);
  assert.ok(items.length >= 5, `${items.length} samples`);
  const page = engineer;
  await page.getByRole("dialog").getByRole("link", { name: "看趋势" }).first().click();
  await page.waitForURL(/\/trend/);
  await page.getByText("平均进给").and(page.locator(":visible")).first().waitFor();
});

test("the next revision takes its place, and the first is rolled back to", async () => {
  const page = engineer;
  const { component: first } = await shownBy();
  const { id: _id, rev: _rev, ...was } = first;
  let next = await demo.send("POST", "/api/v1/components", { ...was, window_s: 20, places: 20, note: "20 s" });
  next = await demo.send("POST", `/api/v1/components/${next.id}/state`, { what: "request", note: "x", rev: next.rev });
  await admin.goto(`${demo.base}/components?component=${next.id}`);
  await step(admin, "批准");
  await page.goto(`${demo.base}/components?component=${next.id}`);
  await step(page, "投入运行");
  await until("revision 2", async () => (await shownBy(next.id)).component.state === "active" && (await shownBy()).component.state === "retired");
  await admin.goto(`${demo.base}/components?component=${id}`);
  await step(admin, "回到这一版", "窗口太长");
  await until("revision 1", async () => (await shownBy()).component.state === "active" && (await shownBy(next.id)).component.state === "retired");
});

test("one without an end is stopped, named and suspended; others go on", async () => {
  const bad = await working("loop", "endless", [{ name: "x" }], { budget: { call_ms: 20, max_failures: 3 } });
  const before = (await shownBy()).status.calls;
  await until("its suspension", async () => (await shownBy(bad.id)).component.state === "suspended");
  const events = (await demo.api(`/api/v1/component-events?series=${bad.series}`)).items;
  assert.deepEqual(events.map((e) => [e.what, e.why]), [["suspended", "over_time"], ...Array(3).fill(["failed", "over_time"])]);
  await until("the one beside it", async () => (await shownBy()).status.calls > before);
  assert.equal((await shownBy()).status.failures, 0);
  const page = engineer;
  await page.goto(`${demo.base}/components?component=${bad.id}`);
  await page.getByRole("dialog").getByText(/连续 3 次调用失败，最近一次：over_time/).first().waitFor();
  await accessible(page, "components-suspended");
  await page.goto(`${demo.base}/components?tab=events`);
  await page.getByRole("cell", { name: "停用 超时" }).or(page.getByText("停用", { exact: true })).first().waitFor();
  await accessible(page, "components-events");
  await page.goto(`${demo.base}/alarms`);
  await page.getByText("组件已自动停用：测试 endless").first().waitFor();
});

test("a service elsewhere is asked, set aside while it hangs, and asked again", async () => {
  const peer = service();
  peer.say({ seed: "" });
  const key = await peer.wait("key");
  const page = engineer;
  await page.goto(`${demo.base}/components`);
  await page.getByRole("button", { name: "新建组件" }).click();
  const form = page.getByRole("dialog", { name: "新建组件" });
  await form.getByText("外部服务（NATS）").click();
  await form.getByLabel("名称（中文）").fill("供方模型");
  await form.getByLabel("名称（英文）").fill("Supplier's model");
  await choose(page, form, "设备", "1号磨床");
  await form.getByLabel("代号", { exact: true }).fill("supplier");
  await form.getByLabel("服务的公钥（NKey，U…）").fill(key.public);
  await form.getByLabel("组件里的名称 1").fill("feed");
  await choose(page, form, "设备 1", "1号磨床");
  await choose(page, form, "信号 1", "feed.rate");
  await form.getByLabel("输出名称 1").fill("feed");
  for (const [label, value] of [["窗口（秒）", "5"], ["分成几点", "5"], ["每隔（秒）", "1"], ["每次上限（ms）", "500"]]) await form.getByLabel(label).fill(value);
  await form.getByText("可以用。").waitFor();
  await accessible(page, "components-service");
  await form.getByRole("button", { name: "保存草稿" }).click();
  await page.getByRole("dialog", { name: /供方模型.*第 1 版/ }).waitFor();
  const one = new URL(page.url()).searchParams.get("component");
  await step(page, "申请批准", "供方已试");
  await admin.goto(`${demo.base}/components?component=${one}`);
  await step(admin, "批准");
  const { component } = await until("approval", async () => { const s = await shownBy(one); return s.component.state === "approved" && s; });
  const at = { server: `nats://127.0.0.1:${port}`, seed: key.seed, series: component.series };
  await until("its key is admitted", async () => { peer.say(at); return Promise.race([peer.wait("ready").then(() => true), peer.wait("refused").then(() => false)]); });
  await step(page, "投入运行");
  const well = await until("answers", async () => { const { status } = await shownBy(one); return status.calls >= 3 && status.last.outputs.length === 1 && status; });
  assert.equal(well.failures, 0);
  peer.say({ do: "hang" });
  await until("it is set aside", async () => (await shownBy(one)).status.aside);
  await page.getByRole("dialog").getByText(/暂停调用：连续 3 次调用失败，最近一次：over_time/).first().waitFor();
  await accessible(page, "components-aside");
  assert.equal((await shownBy(one)).component.state, "active");
  peer.say({ do: "answer" });
  await until("it is asked again", async () => { const { status } = await shownBy(one); return !status.aside && status.last.outputs.length === 1; });
  const events = (await demo.api(`/api/v1/component-events?series=${component.series}`)).items;
  assert.deepEqual(events.map((e) => e.what), ["back", "aside", "failed", "failed", "failed"]);
});

test("a revoked key stops what bears its signature", async () => {
  const page = admin;
  await page.goto(`${demo.base}/components?tab=publishers`);
  await page.getByRole("button", { name: "吊销 华能软测量" }).click();
  await page.locator(".ant-modal").getByLabel("为什么").fill("私钥外泄");
  await accessible(page, "components-revoke");
  await page.locator(".ant-modal").getByRole("button", { name: "再次确认" }).click();
  await page.getByText("已吊销").first().waitFor();
  await until("its component stops", async () => (await shownBy()).component.state === "suspended");
  await page.getByRole("tab", { name: "组件", exact: true }).click();
  await page.getByRole("button", { name: "进给速度软测量" }).first().waitFor();
  await accessible(page, "components-list");
});

test("in English", async () => {
  const page = engineer;
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "en"));
  await page.goto(`${demo.base}/components`);
  await page.getByRole("heading", { level: 1, name: "Components" }).waitFor();
  await page.getByRole("button", { name: "Feed soft sensor" }).first().click();
  await page.getByRole("dialog", { name: /Feed soft sensor.*revision 1/ }).getByText(/the key of its publisher .* was revoked/).first().waitFor();
  await accessible(page, "components-english");
});
