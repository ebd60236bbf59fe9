// An operator asks for a speed that another person approves; an engineer reads it on a
// phone, refuses one and approves the next; both see who did what, and what was read
// back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, operator, engineer, furnace;

before(async () => {
  demo = await startDemo();
  const { items } = await demo.api("/api/v1/equipment?limit=1000");
  furnace = items.find((m) => m.class === "furnace");
  const all = await demo.api("/api/v1/nodes");
  const { rev, valid: _valid, ...node } = all.items.find((n) => n.id === furnace.id);
  await demo.send("PUT", `/api/v1/nodes/${furnace.id}`, { ...node, equipment: { ...node.equipment, device: { ...node.equipment.device, writing: true } } }, { "If-Match": `"${rev}"` });
  await until("the belt may be set", async () => (await demo.api(`/api/v1/equipment/${furnace.id}/set-points`)).items.some((p) => p.signal === "belt.speed" && p.enabled && p.contact));
  browser = await launch();
  operator = await signedIn(browser, demo.base, "operator", "operator-demo");
  engineer = await signedIn(browser, demo.base, "engineer", "engineer-demo");
  await engineer.setViewportSize({ width: 390, height: 844 });
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const ask = async (speed, why) => {
  await operator.goto(`${demo.base}/machines/${furnace.id}`);
  await operator.getByRole("row", { name: /网带速度/ }).getByRole("button", { name: /设定/ }).click();
  const dialog = operator.getByRole("dialog");
  await dialog.getByText("另需 1 人批准").waitFor();
  await dialog.getByLabel("新值").fill(String(speed));
  await dialog.getByLabel("说明（可空）").fill(why);
  await dialog.getByRole("button", { name: "确认写入" }).click();
  await dialog.getByText("待批准").waitFor();
  await dialog.getByRole("button", { name: "关闭" }).last().click();
};

test("what an operator asks for waits, and is not the operator's to approve", async () => {
  await ask(210, "slower for thick rings");
  await operator.goto(`${demo.base}/control/commands`);
  const card = operator.getByRole("article");
  await card.getByText("belt.speed").waitFor();
  await card.getByText("这是您提出的，须由他人批准").waitFor();
  assert.equal(await card.getByRole("button", { name: "批准" }).count(), 0);
  const { items } = await demo.api("/api/v1/commands?limit=1");
  const status = await demo.api(`/api/v1/commands/${items[0].id}`);
  assert.equal(status.state, "awaiting");
});

test("an engineer refuses it on a phone, with the reason", async () => {
  await engineer.goto(`${demo.base}/control/commands`);
  const card = engineer.getByRole("article");
  await card.getByText("slower for thick rings").waitFor();
  await accessible(engineer, "a command that waits, on a phone", "approval");
  assert.ok(await engineer.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the phone scrolls sideways");
  await card.getByRole("button", { name: "驳回" }).click();
  const dialog = engineer.getByRole("dialog");
  assert.ok(await dialog.getByRole("button", { name: "确认驳回" }).isDisabled(), "a refusal says why");
  await dialog.getByLabel("驳回原因").fill("not while the basket is in");
  await dialog.getByRole("button", { name: "确认驳回" }).click();
  await engineer.getByText("没有等待批准的指令").waitFor();
  await operator.goto(`${demo.base}/control/commands`);
  const row = operator.getByRole("region", { name: "命令记录" }).getByRole("row", { name: /belt\.speed/ });
  await row.getByText("已拒绝").waitFor();
  await row.getByRole("button").first().click();
  await operator.getByText(/refused by engineer: not while the basket is in/).waitFor();
});

test("the next is approved, checked, sent once and read back", async () => {
  await ask(205, "as the recipe says");
  await engineer.goto(`${demo.base}/control/commands`);
  await engineer.getByRole("article").getByRole("button", { name: "批准" }).click();
  await engineer.getByRole("dialog").getByRole("button", { name: "确认批准" }).click();
  await engineer.getByText("没有等待批准的指令").waitFor();
  await operator.goto(`${demo.base}/control/commands?state=confirmed`);
  const row = operator.getByRole("region", { name: "命令记录" }).getByRole("row", { name: /belt\.speed/ });
  await row.getByText("已确认").waitFor();
  await row.getByRole("cell", { name: /205/ }).first().waitFor();
  await accessible(operator, "commands", "commands");
  const { items } = await demo.api("/api/v1/commands?state=confirmed&limit=1");
  assert.deepEqual(items[0].steps.map((s) => s.state), ["approved", "checked", "sent", "confirmed"]);
  assert.equal(items[0].steps[0].by, "engineer");
  await operator.getByRole("button", { name: "English" }).click();
  await operator.getByRole("heading", { name: "Waiting for approval" }).waitFor();
  await accessible(operator, "commands in English");
});
