// An operator takes a firm in from a template; its administrator signs in and
// sees the own plant alone; limits, usage, everything it owns as a file, and its
// leaving. Each page is looked at with axe.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { startNode } from "./node.mjs";

const template = `schema: zhigai.tenant/1
name: bearing-works
limits: {devices: 5, tags: 500, samples: 200, bytes: 1073741824, users: 5, reach: false}
params:
  - {name: site, default: main, pattern: "[a-z]{1,12}"}
plant: |
  schema: zhigai.plant/1
  nodes:
    - {path: firm, level: enterprise, name: {zh: "\${name}"}}
    - {path: "firm/\${site}", level: site, name: {zh: 工厂}}
    - {path: "firm/\${site}/area", level: area, name: {zh: 装配车间}}
    - {path: "firm/\${site}/area/line", level: line, name: {zh: 一线}}
    - {path: "firm/\${site}/area/line/robot", level: equipment, name: {zh: 装配机器人}, equipment: {class: robot, profile: works.press, device: {driver: sparkplug, address: "tenants-\${id}/robot"}}}
profiles:
  - |
    schema: zhigai.profile/1
    id: works.press
    version: 1
    base: demo-assembly
    vendor: works
    title: {zh: 装配压机, en: assembly press}
    source: this test
    verified: derived
`;
const password = "long-enough-word";
let dir, node, browser, operator, firm, link;

async function visitor() {
  const page = await (await browser.newContext({ ...person, acceptDownloads: true })).newPage();
  page.setDefaultTimeout(20_000);
  return page;
}

const drawer = () => operator.getByRole("dialog").filter({ hasText: "当前用量" });
const reopen = async () => {
  await operator.goto(`${node.base}/tenants?tenant=xinda`);
  await drawer().waitFor();
};

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-tenants-"));
  node = await startNode(dir, "platform");
  const body = { name: "operator", password, grants: [{ role: "admin" }] };
  await node.api("/api/v1/users", { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  browser = await launch();
  operator = await visitor();
  await operator.goto(`${node.base}/signin`);
  await signIn(operator, "operator", password);
  await operator.getByRole("navigation").first().waitFor();
});

after(async () => {
  await browser?.close();
  await node?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function write(dialog, id, name, set) {
  await dialog.getByLabel("编号").fill(id);
  await dialog.getByLabel("名称", { exact: true }).fill(name);
  await dialog.getByLabel(/模板（YAML/).fill(template);
  await dialog.getByLabel(/模板参数/).fill(set);
}

test("a firm is taken in from a template; what stands against it is said first", async () => {
  await operator.getByRole("link", { name: "租户", exact: true }).click();
  await operator.getByText("本节点上还没有其他企业。").waitFor();
  await accessible(operator, "tenants-empty");
  await operator.getByRole("button", { name: "接入企业" }).click();
  const dialog = operator.getByRole("dialog");
  await write(dialog, "xinda", "信达轴承", "site=EAST");
  await dialog.getByRole("button", { name: /检\s*查/ }).click();
  await dialog.getByText("未接入任何企业：").waitFor();
  await dialog.getByText(/参数 site 为 "EAST"/).waitFor();
  await accessible(operator, "tenants-problem");
  await dialog.getByLabel(/模板参数/).fill("site=east");
  await dialog.getByRole("button", { name: /检\s*查/ }).click();
  await dialog.getByText("检查通过，可以接入。").waitFor();
  await dialog.getByRole("button", { name: "接入企业" }).click();
  await dialog.getByText(/管理员 admin@xinda 首次登录链接/).waitFor();
  link = await dialog.getByText(/\/signin\?link=/).innerText();
  await dialog.getByRole("button", { name: /关\s*闭/ }).last().click();
  await operator.getByRole("cell", { name: "信达轴承" }).waitFor();
});

test("its administrator sees the own plant and no other firm", async () => {
  firm = await visitor();
  await firm.goto(link);
  await firm.getByRole("navigation").first().waitFor();
  assert.equal(await firm.getByRole("link", { name: "租户", exact: true }).count(), 0);
  const asked = await firm.evaluate(async () => {
    const get = async (path) => { const r = await fetch(`/api/v1${path}`); return { status: r.status, body: await r.json() }; };
    return { nodes: await get("/nodes"), tenants: await get("/tenants"), users: await get("/users") };
  });
  assert.deepEqual(asked.nodes.body.items.map((n) => n.path), ["firm", "firm/east", "firm/east/area", "firm/east/area/line", "firm/east/area/line/robot"]);
  assert.equal(asked.tenants.status, 403);
  assert.deepEqual(asked.users.body.items.map((u) => u.name), ["admin@xinda"]);
  await firm.getByRole("link", { name: "工厂建模" }).click();
  await firm.getByText("信达轴承").first().waitFor();
  await accessible(firm, "tenants-firm");
});

test("limits are changed, and usage is shown beside them", async () => {
  await reopen();
  await drawer().getByText("1 / 5").first().waitFor(); // devices
  await drawer().getByLabel("设备", { exact: true }).fill("8");
  await drawer().getByRole("button", { name: "保存限额" }).click();
  await operator.getByText("已保存。").waitFor();
  await drawer().getByText("1 / 8").waitFor();
  await operator.getByText("已保存。").waitFor({ state: "hidden" });
  await accessible(operator, "tenants", "tenants");
  const use = await node.api("/api/v1/tenants/xinda/usage");
  assert.equal(use.tenant.limits.devices, 8);
  assert.equal(use.now.users, 1);
});

test("everything it owns is one file, and no secret is in it", async () => {
  await reopen();
  await drawer().getByRole("button", { name: "导出全部数据" }).click();
  const file = drawer().getByRole("link", { name: /^下载/ });
  await file.waitFor();
  await drawer().getByText(/保留至/).waitFor();
  await accessible(operator, "tenants-export");
  const [fetched] = await Promise.all([operator.waitForEvent("download"), file.click()]);
  assert.equal(fetched.suggestedFilename(), "zhigai-xinda.zip");
  const raw = await readFile(await fetched.path());
  for (const name of ["plant.yaml", "manifest.json", "record/master.jsonl", "profiles/works.press.yaml"]) assert.ok(raw.includes(name), name);
  // The firm does the same by itself.
  await firm.goto(`${node.base}/account`);
  await firm.getByRole("button", { name: "导出全部数据" }).or(firm.getByRole("button", { name: "重新导出" })).click();
  await firm.getByRole("link", { name: /^下载/ }).waitFor();
  await accessible(firm, "tenants-own-export");
});

test("suspended nobody comes in; resumed the same session goes on", async () => {
  await drawer().getByRole("button", { name: /暂\s*停/ }).click();
  await operator.getByRole("tooltip").getByRole("button", { name: /确\s*定/ }).click();
  await drawer().getByRole("button", { name: /恢\s*复/ }).waitFor();
  assert.equal(await firm.evaluate(async () => (await fetch("/api/v1/nodes")).status), 403);
  await drawer().getByRole("button", { name: /恢\s*复/ }).click();
  await drawer().getByRole("button", { name: /暂\s*停/ }).waitFor();
  assert.equal(await firm.evaluate(async () => (await fetch("/api/v1/nodes")).status), 200);
});

test("it leaves, and is deleted when its id is written again", async () => {
  await drawer().getByRole("button", { name: /退\s*出/ }).click();
  await operator.getByRole("tooltip").getByRole("button", { name: /确\s*定/ }).click();
  await drawer().getByRole("button", { name: "立即删除" }).click();
  const confirm = operator.getByRole("dialog").filter({ hasText: "不可撤回" });
  const sure = confirm.getByRole("button", { name: "立即删除" });
  assert.ok(await sure.isDisabled());
  await confirm.getByLabel("编号").fill("xinda");
  await accessible(operator, "tenants-delete");
  await sure.click();
  await operator.getByText("已删除；仅保留编号和审计记录。").waitFor();
  await operator.goto(`${node.base}/tenants?state=deleted`);
  await operator.getByRole("cell", { name: "已删除" }).waitFor();
  await accessible(operator, "tenants-deleted");
  assert.equal(await firm.evaluate(async () => (await fetch("/api/v1/nodes")).status), 401);
});
