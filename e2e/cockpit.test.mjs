// An officer of the province goes from a figure down to the samples of a named
// machine of a firm, which the firm's manager grants, and takes back: two real
// nodes, two real browsers.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch } from "./browser.mjs";
import { freePort, until } from "./demo.mjs";
import { browse as signedIn } from "./five.mjs";
import { enrol, startNode } from "./node.mjs";

// Three lathes that work day and night: their past is told in seconds.
const lathe = (n) => `  - path: firm/site/turning/line/lathe-${n}
    level: equipment
    name: {zh: ${n}号车床}
    equipment: {class: lathe, profile: demo-lathe, device: {driver: modbus-tcp, address: "{modbus-hall-1}", params: {unit: "${n}"}}, nc: true, cycles: [{product: ring, pru_ms: 18350}]}
`;
const plantFile = `schema: zhigai.plant/1
calendars:
  - code: day
    name: {zh: 白班}
    zone: Asia/Shanghai
    shifts:
      - {code: early, name: {zh: 早班}, start: "06:00", end: "14:00", weekdays: [1, 2, 3, 4, 5, 6, 7]}
products:
  - {code: ring, name: {zh: 套圈}}
nodes:
  - {path: firm, level: enterprise, name: {zh: 新昌轴承}, calendar: day}
  - {path: firm/site, level: site, name: {zh: 工厂}}
  - {path: firm/site/turning, level: area, name: {zh: 车削}}
  - {path: firm/site/turning/line, level: line, name: {zh: 一线}}
${[1, 2, 3].map(lathe).join("")}`;
const password = "long-enough-word";
const year = new Date(Date.now() + 8 * 3600_000).getUTCFullYear();
let dir, browser, hub, plant, officer, manager, links;
const stops = [];
const clicks = [];

async function start(...args) {
  const node = await startNode(dir, ...args);
  stops.push(node.stop);
  return node;
}

const send = (node, method, path, body, headers = {}) => node.api(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } });

const browse = (node, name, at) => signedIn(browser, node.base, name, password, at);

/** One click and how long until what it leads to is drawn. */
async function click(what, link, drawn) {
  const begun = Date.now();
  await link.click();
  await drawn.waitFor();
  clicks.push([what, Date.now() - begun]);
}

/** A map of the province's counties as squares: the test has no official one. */
async function squares() {
  const lines = (await readFile(new URL("../data/regions/divisions.csv", import.meta.url), "utf8")).split("\n").map((l) => l.split(","));
  const codes = lines.filter(([code, , level, , , ended]) => code.startsWith("33") && level === "county" && !ended).map(([code]) => code);
  assert.ok(codes.length > 80);
  const ring = (i) => { const [x, y] = [118 + (i % 10) * 0.4, 31 - Math.floor(i / 10) * 0.4]; return [[x, y], [x + 0.4, y], [x + 0.4, y - 0.4], [x, y - 0.4], [x, y]]; };
  return JSON.stringify({ type: "FeatureCollection", approval: "测试S(2026)1号", features: codes.map((code, i) => ({ type: "Feature", properties: { code }, geometry: { type: "Polygon", coordinates: [ring(i)] } })) });
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-cockpit-"));
  links = `127.0.0.1:${await freePort()}`;
  const map = join(dir, "map.geojson");
  await writeFile(map, await squares());
  hub = await start("province", "--links", links, "--map", map);
  const up = await enrol(hub, dir, "bearing", `nats://${links}`);
  const file = join(dir, "plant.yaml");
  await writeFile(file, plantFile);
  plant = await start("plant", ...up, "--demo", "--plant", file, "--past", "3");
  browser = await launch();
  await send(hub, "POST", "/api/v1/users", { name: "wang", password, grants: [{ role: "officer", region: "33" }] });
  await send(plant, "POST", "/api/v1/users", { name: "boss", password, grants: [{ role: "admin" }] });
  const firm = await send(hub, "POST", "/api/v1/firms", { code: "91350200776049653A", name: "新昌轴承有限公司", region: "330624", industry: "C3451", above_scale: true, backbone: { from: `${year}-01-01` }, since: Date.UTC(year, 0, 1) * 1000 });
  const quiet = { code: "91330200MA2AAAAA1X", name: "宁波齿轮有限公司", region: "330203", industry: "C3452", above_scale: true, backbone: { from: `${year}-01-01` }, confirmed: true, since: Date.UTC(year, 0, 1) * 1000 };
  await send(hub, "POST", "/api/v1/firms", quiet);
  const link = await until("machine days at the province", async () => (await hub.api("/api/v1/plants")).items.find((p) => p.machines === 3), 60_000);
  await send(hub, "PUT", `/api/v1/plants/${link.owner}`, { firm: firm.id }, { "If-Match": `"${link.rev}"` });
});

after(async () => {
  await browser?.close();
  for (const stop of stops.reverse()) await stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

const terms = (page, attribute) => page.locator(`[data-${attribute}]`).evaluateAll((all, a) => Object.fromEntries(all.map((e) => [e.getAttribute(`data-${a}`), Number(e.textContent.replaceAll(",", ""))])), attribute);

test("from the province's figure to a machine", async () => {
  officer = await browse(hub, "wang");
  await officer.getByRole("heading", { level: 1, name: /驾驶舱 · 浙江省/ }).waitFor();
  await accessible(officer, "cockpit");
  await click("target", officer.getByRole("link", { name: /骨干企业机器联网率/ }).first(), officer.getByRole("link", { name: "绍兴市" }).first());
  const province = await terms(officer.getByTestId("headline"), "term");
  assert.equal(province.machines, 3);
  assert.deepEqual(await terms(officer, "sum"), province, "the cities add up to the province");
  await officer.getByText("各行分子、分母之和与上级一致").waitFor();
  await accessible(officer, "cockpit-province", "target");
  await click("city", officer.getByRole("link", { name: "绍兴市" }).first(), officer.getByRole("link", { name: "新昌县" }).first());
  await click("county", officer.getByRole("link", { name: "新昌县" }).first(), officer.getByRole("link", { name: "新昌轴承有限公司" }));
  const county = await terms(officer.getByTestId("headline"), "term");
  assert.deepEqual(county, province, "the only firm whose machines are known");
  await officer.mouse.move(0, 0); // colours of a row under the pointer are on their way
  await accessible(officer, "cockpit-county");
  await click("firm", officer.getByRole("link", { name: "新昌轴承有限公司" }), officer.getByRole("status").filter({ hasText: /台设备/ }));
  const said = await officer.getByRole("status").filter({ hasText: /台设备/ }).innerText();
  const [all, connected] = [/(\d+) 台设备/.exec(said)[1], /联网 (\d+) 台/.exec(said)[1]].map(Number);
  assert.deepEqual({ machines: all, machines_networked: connected }, province, "the machines of the firm, counted by hand");
  await officer.getByRole("region", { name: "计入的指标" }).getByRole("link", { name: "骨干企业机器联网率" }).waitFor();
  await accessible(officer, "cockpit-firm");
  await officer.goBack();
  await officer.getByRole("link", { name: "新昌轴承有限公司" }).waitFor();
  await officer.goForward();
  await click("machine", officer.getByRole("region", { name: "设备" }).locator("tbody a").first(), officer.getByRole("status").filter({ hasText: /天为连通日/ }));
  await officer.mouse.move(0, 0);
  await accessible(officer, "cockpit-machine");
});

test("to its samples, which the firm grants", async () => {
  // Two days ago at the plant: whole in its past, and over in every zone, so that it is sealed.
  const date = new Date(Date.now() + (8 - 48) * 3600_000).toISOString().slice(0, 10);
  await click("day", officer.locator("tbody a", { hasText: date }), officer.getByText("企业节点在线"));
  await officer.getByLabel("单位").fill("省经信厅");
  await officer.getByLabel("用途").fill("核实联网率");
  await accessible(officer, "cockpit-day");
  await click("ask", officer.getByRole("button", { name: "提交申请" }), officer.getByText("已申请，等待企业决定"));
  manager = await browse(plant, "boss", "/requests");
  await manager.getByText("核实联网率").first().waitFor();
  await accessible(manager, "requests");
  await manager.getByRole("button", { name: "同 意" }).or(manager.getByRole("button", { name: "同意" })).first().click();
  await manager.getByRole("dialog").getByRole("button", { name: /确\s*定/ }).click();
  await manager.getByText("没有待决定的申请").waitFor();
  await officer.getByText(/企业已同意/).waitFor();
  await officer.getByRole("combobox", { name: "小时" }).click();
  const begun = Date.now();
  await officer.locator(".ant-select-dropdown:visible").getByText("09:00–10:00").click();
  await officer.locator('[data-testid="samples"]').waitFor();
  clicks.push(["samples", Date.now() - begun]);
  assert.equal(await officer.locator('[data-testid="samples"]').getAttribute("data-proof"), "verified");
  await officer.getByText(/已验证：采样与第 \d+ 号封存/).waitFor();
  await accessible(officer, "cockpit-samples");
  await manager.getByText(/1 次，\d+ 个采样/).waitFor();
});

test("what is withdrawn is refused with the reason, and noted", async () => {
  await manager.getByRole("button", { name: /撤\s*回/ }).first().click();
  await manager.getByRole("dialog").getByLabel("理由").fill("审计已结束");
  await accessible(manager, "requests-withdraw");
  await manager.getByRole("dialog").getByRole("button", { name: /确\s*定/ }).click();
  await manager.getByText("已撤回").first().waitFor();
  await officer.reload();
  await officer.getByText("企业已撤回同意").waitFor();
  await officer.getByText("审计已结束").first().waitFor();
  const { items } = await plant.api("/api/v1/evidence-requests");
  assert.equal(items[0].state, "withdrawn");
  const path = new URL(officer.url());
  const page = await officer.evaluate(async ({ id, machine, day }) => (await fetch(`/api/v1/evidence-requests/${id}/page?equipment=${machine}&office=${encodeURIComponent("省经信厅")}&tag=count.good&day=${day}&hour=3`)).json(), { id: items[0].id, machine: items[0].equipment, day: items[0].to, path: path.pathname });
  assert.equal(page.state, "withdrawn");
  assert.deepEqual(page.rows, []);
  assert.equal((await plant.api("/api/v1/evidence-requests")).items[0].denied, 1, "the refused look is on record");
});

test("a policy that shares nothing any more stops the next request", async () => {
  await manager.goto(`${plant.base}/requests?tab=policy`);
  await manager.getByText("停止共享", { exact: true }).click();
  await manager.getByLabel("停止共享的理由").fill("合同终止");
  await accessible(manager, "sharing-policy");
  await manager.getByRole("button", { name: "保存策略" }).click();
  await manager.getByText("已保存，从现在起生效").or(manager.getByText(/第 1 版/)).first().waitFor();
  await officer.reload();
  await officer.getByText("企业已停止共享：合同终止").waitFor();
});

test("counties as tiles, the trend, the wall", async () => {
  await officer.goto(`${hub.base}/cockpit/backbone-networking-rate?region=330000&year=${year}&view=tiles`);
  await officer.getByText(/示意图，非行政区划地图/).waitFor();
  assert.ok((await officer.locator(".tile[aria-pressed]").count()) >= 85);
  await officer.getByRole("button", { name: /^新昌县/ }).click();
  await officer.locator('.tile[aria-pressed="true"]').waitFor();
  await accessible(officer, "cockpit-tiles");
  await officer.getByText("地图", { exact: true }).click();
  await officer.getByText("审图号：测试S(2026)1号").waitFor();
  await officer.locator('path[aria-pressed="true"][aria-label^="新昌县"]').waitFor(); // chosen on the diagram
  await officer.getByRole("button", { name: /^诸暨市/ }).press("Enter");
  await officer.locator('path[aria-pressed="true"][aria-label^="诸暨市"]').waitFor();
  await accessible(officer, "cockpit-map");
  await officer.getByRole("button", { name: /^新昌县/ }).press("Enter");
  await officer.getByText("趋势", { exact: true }).click();
  await officer.getByRole("img", { name: /历年数值折线图/ }).waitFor();
  await accessible(officer, "cockpit-trend");
  await officer.setViewportSize({ width: 1920, height: 1080 });
  await officer.goto(`${hub.base}/screen?region=330000&year=${year}&indicator=backbone-networking-rate&still=true`);
  await officer.locator(".screen .tile").first().waitFor();
  const over = await officer.evaluate(() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]);
  assert.deepEqual(over, [1080, 1920], "nothing scrolls");
  await accessible(officer, "screen");
  await officer.keyboard.press("ArrowRight");
  await until("the next indicator", async () => !officer.url().includes("backbone-networking-rate"), 5_000);
});

test("the firm's node is away: since when, and what was sealed", async () => {
  const { items } = await hub.api("/api/v1/plants");
  await plant.stop("SIGKILL");
  await until("the province to notice", async () => !(await hub.api("/api/v1/links")).nodes[0].connected, 90_000); // a lease is a minute
  const months = await hub.api(`/api/v1/machine-months?plant=${items[0].owner}&year=${year}`);
  await officer.setViewportSize({ width: 390, height: 844 });
  await officer.goto(`${hub.base}/cockpit/backbone-networking-rate/machines/${months.items[0].machine}/${items[0].newest}`);
  await officer.getByText(/企业节点 .+ 离线，最后联系时间/).first().waitFor();
  await officer.getByText(/本节点持有的最新封存日/).waitFor();
  await accessible(officer, "cockpit-offline");
  console.log(clicks.map(([what, ms]) => `${what} ${ms} ms`).join(", "));
});
