// A machine whose load stands still while it runs: its county sees the suspicion
// with the reason, the firm contests, the county's officer decides, and the firm
// reads the decision. Two real nodes, two real browsers, each page with axe.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { bin, freePort, until } from "./demo.mjs";
import { enrol, startNode } from "./node.mjs";

const lathe = (n, address, more = "") => `  - {path: firm/site/turning/line/lathe-${n}, level: equipment, name: {zh: ${n}号车床}, ${more}equipment: {class: lathe, profile: demo-lathe, device: {driver: modbus-tcp, address: "${address}", params: {unit: "${n}"}}, nc: true, cycles: [{product: ring, pru_ms: 20000}]}}
`;
const plantFile = `schema: zhigai.plant/1
calendars:
  - {code: day, name: {zh: 白班}, zone: Asia/Shanghai, shifts: [{code: early, name: {zh: 早班}, start: "06:00", end: "09:00", weekdays: [1, 2, 3, 4, 5, 6, 7]}]}
products:
  - {code: ring, name: {zh: 套圈}}
nodes:
  - {path: firm, level: enterprise, name: {zh: 新昌轴承}, calendar: day}
  - {path: firm/site, level: site, name: {zh: 工厂}}
  - {path: firm/site/turning, level: area, name: {zh: 车削}}
  - {path: firm/site/turning/line, level: line, name: {zh: 一线}}
${lathe(1, "{modbus-hall-1}")}`;
// The first lathe is simulated; the second is added with a past of its own and
// answers nobody.
const second = `schema: zhigai.plant/1
nodes:
${lathe(2, "127.0.0.9:1", `valid: {from: ${new Date(Date.now() - 70 * 3600_000).toISOString()}}, `)}`;
const password = "long-enough-word";
const year = new Date(Date.now() + 8 * 3600_000).getUTCFullYear();
const date = new Date(Date.now() + (8 - 48) * 3600_000).toISOString().slice(0, 10);
let dir, browser, county, plant, officer, manager;
const stops = [];

async function start(...args) {
  const node = await startNode(dir, ...args);
  stops.push(node.stop);
  return node;
}

const send = (node, method, path, body, headers = {}) => node.api(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } });

/** A shift of the second lathe as a device would say it whose load sensor is stuck. */
function stuck() {
  const tag = (name) => `firm/site/turning/line/lathe-2/${name}`;
  const from = Date.parse(`${date}T06:00:00+08:00`);
  const rows = ["tag,time,kind,value,quality"];
  const put = (name, kind, at, value) => rows.push(`${tag(name)},${new Date(at).toISOString()},${kind},${value},good`);
  for (const [name, kind, value] of [["machine.mode", "enumeration", 2], ["machine.alarm", "enumeration", 0], ["machine.estop", "boolean", 0], ["machine.running", "boolean", 1], ["spindle.load", "number", 45.31]]) put(name, kind, from + 1, value);
  for (let s = 0; s < 3 * 3600; s++) {
    const at = from + s * 1000 + ((s * 7919) % 5);
    if (s % 5 === 0) put("link.state", "enumeration", at, 1);
    put("power.active", "number", at, (7 + ((s * 104729) % 613) / 1000).toFixed(3));
    if (s % 21 === 20) put("count.good", "number", at, Math.floor(s / 21));
  }
  return `${rows.join("\n")}\n`;
}

async function browse(node, name, at) {
  const page = await (await browser.newContext({ ...person, viewport: { width: 1440, height: 900 }, acceptDownloads: true })).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${node.base}/signin`);
  await signIn(page, name, password);
  await page.getByRole("navigation").first().waitFor();
  await page.goto(node.base + at);
  return page;
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-suspicions-"));
  const links = `127.0.0.1:${await freePort()}`;
  county = await start("county", "--links", links);
  const up = await enrol(county, dir, "bearing", `nats://${links}`);
  const file = join(dir, "plant.yaml");
  await writeFile(file, plantFile);
  const args = ["plant", ...up, "--demo", "--plant", file, "--past", "3"];
  plant = await start(...args);
  const taken = await plant.api("/api/v1/plant", { method: "POST", body: second, headers: { "Content-Type": "application/yaml" } });
  assert.deepEqual([taken.done, taken.problems], [true, []]);
  await plant.stop();
  const past = join(dir, "stuck.csv");
  await writeFile(past, stuck());
  await promisify(execFile)(bin, ["samples", "import", past, "--data", plant.data]);
  plant = await start(...args);
  await send(county, "POST", "/api/v1/users", { name: "chen", password, grants: [{ role: "registrar", region: "330624" }] });
  await send(plant, "POST", "/api/v1/users", { name: "boss", password, grants: [{ role: "admin" }] });
  const firm = await send(county, "POST", "/api/v1/firms", { code: "91350200776049653A", name: "新昌轴承有限公司", region: "330624", industry: "C3451", above_scale: true, backbone: { from: `${year}-01-01` }, since: Date.UTC(year, 0, 1) * 1000 });
  const link = await until("machine days at the county", async () => (await county.api("/api/v1/plants")).items.find((p) => p.machines === 2), 90_000);
  await send(county, "PUT", `/api/v1/plants/${link.owner}`, { firm: firm.id }, { "If-Match": `"${link.rev}"` });
  await until("the suspicion at the county", async () => (await county.api("/api/v1/firm-suspicions")).items.length === 1, 90_000);
  browser = await launch();
}, { timeout: 300_000 });

after(async () => {
  await browser?.close();
  for (const stop of stops.reverse()) await stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

test("the county's officer reads what is suspected, of whom and why", async () => {
  officer = await browse(county, "chen", "/suspicions");
  await officer.getByRole("heading", { level: 1, name: "存疑设备日" }).waitFor();
  const row = officer.locator("tbody tr.ant-table-row");
  await row.getByText("运行中数值不变").waitFor();
  for (const text of ["新昌轴承有限公司", "2号车床", date, "待处理"]) await row.getByText(text).first().waitFor();
  await row.getByText(/在 06:\d\d–\d\d:\d\d 运行期间没有任何变化/).waitFor();
  await accessible(officer, "suspicions-open");
  await officer.getByText("已裁定", { exact: true }).click();
  await officer.getByText("该范围没有存疑的设备日").waitFor();
  await officer.getByText("待裁定", { exact: true }).click();
});

test("the firm contests at its own node", async () => {
  manager = await browse(plant, "boss", "/devices?tab=authenticity");
  await manager.getByText("由所在地主管部门裁定").waitFor();
  await manager.getByRole("button", { name: /申\s*辩/ }).click();
  const dialog = manager.getByRole("dialog");
  await dialog.getByLabel("说明").fill("负载传感器卡滞，当日已更换");
  await accessible(manager, "suspicions-contest");
  await dialog.getByRole("button", { name: /申\s*辩/ }).click();
  await manager.getByText("已申辩").waitFor();
});

test("the officer decides with the firm's word before the eyes; both read the record", async () => {
  await until("the firm's answer at the county", async () => (await county.api("/api/v1/firm-suspicions?state=contested")).items.length === 1);
  await officer.reload();
  await officer.getByText("已申辩").first().waitFor();
  await officer.getByRole("button", { name: "展开行" }).or(officer.locator(".ant-table-row-expand-icon")).first().click();
  await officer.getByText(/负载传感器卡滞/).waitFor();
  await officer.mouse.move(0, 0);
  await accessible(officer, "suspicions", "suspicions");
  await officer.getByRole("button", { name: /排\s*除/ }).click();
  const dialog = officer.getByRole("dialog");
  assert.ok(await dialog.getByRole("button", { name: /排\s*除/ }).isDisabled(), "no decision without a reason");
  await dialog.getByText(/负载传感器卡滞/).waitFor();
  await dialog.getByLabel("理由").fill("现场核实，更换记录属实");
  await accessible(officer, "suspicions-decide");
  await dialog.getByRole("button", { name: /排\s*除/ }).click();
  await officer.getByText("没有待裁定的疑点").waitFor();
  await officer.getByText("已裁定", { exact: true }).click();
  const [fetched] = await Promise.all([officer.waitForEvent("download"), officer.getByRole("button", { name: "导出 CSV" }).click()]);
  assert.equal(fetched.suggestedFilename(), "suspicions.csv");
  const { items } = await county.api("/api/v1/audit?action=suspicion.");
  assert.equal(items.length, 1, "the decision is in the audit");
  await until("the decision at the firm", async () => (await plant.api("/api/v1/suspicions")).items[0].state === "dismissed");
  await manager.goto(`${plant.base}/devices?tab=authenticity&show=decided`);
  await manager.locator(".ant-table-row-expand-icon").first().click();
  await manager.getByText(/更换记录属实/).waitFor();
  await accessible(manager, "suspicions-decided");
});
