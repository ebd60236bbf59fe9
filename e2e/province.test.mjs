// Five nodes of one command: province, city, county, a platform and a plant. An
// officer goes from the province's figure down to the raw samples of a named
// machine and counts again, by hand and from what the pages show, at each level.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch } from "./browser.mjs";
import { until } from "./demo.mjs";
import { browse, standUp } from "./five.mjs";

const indicator = "backbone-networking-rate";
const [firms, plants] = [process.env.FIRMS ?? "300", process.env.PLANTS ?? "4"];
const clicks = [];
let dir, browser, nodes, stop, officer;

async function click(what, act, drawn) {
  const begun = Date.now();
  await act();
  await drawn.waitFor();
  clicks.push([what, Date.now() - begun]);
}

const follow = (what, link, drawn) => click(what, () => link.click(), drawn);
const number = (text) => Number(text.replaceAll(",", ""));

/** Numerator and denominator that stand above the table. */
const headline = () => officer.getByTestId("headline").locator("[data-term]").evaluateAll((all) => Object.fromEntries(all.map((e) => [e.dataset.term, Number(e.textContent.replaceAll(",", ""))])));

/** The rows of the table on every page of it, added up. */
async function rows() {
  const out = [];
  for (;;) {
    out.push(...await officer.locator("tbody tr:has([data-term])").evaluateAll((all) => all.map((row) => ({
      name: row.cells[0].textContent.trim(),
      terms: Object.fromEntries([...row.querySelectorAll("[data-term]")].map((e) => [e.dataset.term, Number(e.textContent.replaceAll(",", ""))])),
    }))));
    const next = officer.locator(".ant-pagination-next:not(.ant-pagination-disabled) button");
    if (await next.count() === 0) return out;
    await next.click();
  }
}

const added = (of) => of.reduce((sum, { terms }) => Object.fromEntries(Object.keys(terms).map((k) => [k, (sum[k] ?? 0) + terms[k]])), {});
const row = (of, name) => {
  const found = of.find((r) => r.name === name);
  assert.ok(found, `${name} is a row of ${of.map((r) => r.name)}`);
  return found.terms;
};

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-province-"));
  ({ nodes, stop } = await standUp(dir, firms, plants));
  browser = await launch();
}, { timeout: 400_000 });

after(async () => {
  await browser?.close();
  await stop?.();
  await rm(dir, { recursive: true, force: true });
});

test("the province's figure, counted again from cities, counties, firms and machines", async () => {
  officer = await browse(browser, nodes.province.page, "officer", "five-nodes-demo", "/cockpit");
  await officer.getByRole("heading", { level: 1, name: /驾驶舱 · 浙江省/ }).waitFor();
  await follow("target", officer.getByRole("link", { name: /骨干企业机器联网率/ }).first(), officer.getByRole("link", { name: "绍兴市" }).first());
  const province = await headline();
  const cities = await rows();
  assert.ok(cities.length > 1);
  assert.deepEqual(added(cities), province, "the cities add up to the province");
  const shown = number(/([\d.]+)\s*%/.exec(await officer.getByTestId("headline").locator(".main").innerText())[1]);
  assert.equal(shown, Number((100 * province.machines_networked / province.machines).toFixed(1)), "the figure is what its terms give");
  await accessible(officer, "province-indicator");

  await follow("city", officer.getByRole("link", { name: "绍兴市" }).first(), officer.getByRole("link", { name: "新昌县" }).first());
  const counties = await rows();
  assert.deepEqual(added(counties), row(cities, "绍兴市"), "the counties add up to the city");
  await follow("county", officer.getByRole("link", { name: "新昌县" }).first(), officer.locator("tbody a[href*='/firms/']").first());
  const members = await rows();
  assert.deepEqual(added(members), row(counties, "新昌县"), "the firms add up to the county");

  const own = nodes.plant.title;
  const terms = row(members, own);
  if (await officer.getByRole("link", { name: own }).count() === 0) await officer.locator(".ant-pagination-item-1").click();
  await follow("firm", officer.getByRole("link", { name: own }), officer.getByRole("status").filter({ hasText: /台设备/ }));
  const verdicts = await officer.getByRole("region", { name: "设备" }).locator("tbody tr.ant-table-row").evaluateAll((all) => all.map((r) => r.cells[1].textContent.trim()));
  assert.deepEqual({ machines: verdicts.length, machines_networked: verdicts.filter((v) => v === "联网").length }, terms, "the machines of the firm");
});

test("the day of a machine, and its samples from the firm's node, three hops below", async () => {
  await follow("machine", officer.getByRole("region", { name: "设备" }).locator("tbody a").first(), officer.getByRole("status").filter({ hasText: /天为连通日/ }));
  const name = await officer.getByRole("heading", { level: 1 }).innerText();
  const date = new Date(Date.now() + (8 - 48) * 3600_000).toISOString().slice(0, 10);
  await follow("day", officer.locator("tbody a", { hasText: date }), officer.getByText("企业节点在线"));
  await officer.getByLabel("单位").fill("省经信厅");
  await officer.getByLabel("用途").fill("核实联网率");
  await follow("ask", officer.getByRole("button", { name: "提交申请" }), officer.getByText("已申请，等待企业决定"));
  const manager = await browse(browser, nodes.plant.page, "admin", "admin-demo", "/requests");
  await manager.getByText("核实联网率").first().waitFor();
  await manager.getByRole("button", { name: /同\s*意/ }).first().click();
  await manager.getByRole("dialog").getByRole("button", { name: /确\s*定/ }).click();
  await officer.getByText(/企业已同意/).waitFor();
  await officer.getByRole("combobox", { name: "小时" }).click();
  await follow("samples", officer.locator(".ant-select-dropdown:visible").getByText("09:00–10:00"), officer.getByTestId("samples"));
  assert.equal(await officer.getByTestId("samples").getAttribute("data-proof"), "verified");
  await accessible(officer, "province-samples");
  await manager.reload();
  await manager.getByText(/1 次，\d+ 个采样/).waitFor();
  console.log(`${firms} firms, ${plants} plants, ${name}: ${clicks.map(([what, ms]) => `${what} ${ms} ms`).join(", ")}`);
});

test("a late fact at a machine reaches the open page of the province", async () => {
  const url = new URL(officer.url());
  const [, machine, date] = /machines\/([^/]+)\/([\d-]+)/.exec(url.pathname);
  await officer.goto(`${url.origin}/cockpit/${indicator}/machines/${machine}?month=${date.slice(0, 7)}`);
  const revision = officer.locator("tbody tr", { hasText: date }).locator("td").last();
  await revision.waitFor();
  const before = Number(await revision.innerText());
  const day = { from: new Date(`${date}T00:00:00+08:00`), to: new Date(`${date}T24:00:00+08:00`) };
  const token = (await readFile(join(dir, "nodes", "plant.token"), "utf8")).trim();
  const ask = async (path, init = {}) => {
    const res = await fetch(`${nodes.plant.page}/api/v1${path}`, { ...init, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" } });
    assert.ok(res.ok, `${path}: ${res.status} ${await res.clone().text()}`);
    return res.json();
  };
  const { items: machines } = await ask("/equipment?limit=100");
  const { path } = machines.find((m) => m.id === machine);
  const { items: stops } = await ask(`/stops?micro=true&limit=500&scope=${encodeURIComponent(path)}&from=${day.from.toISOString()}&to=${day.to.toISOString()}`);
  // The longest of the day: most days have stops of some minutes, some only shorter ones.
  const [stop] = stops
    .map((s) => ({ from: new Date(Math.max(new Date(s.from), day.from)), to: new Date(Math.min(new Date(s.to), day.to)) }))
    .sort((a, b) => (b.to - b.from) - (a.to - a.from));
  assert.ok(stop, `the machine stood on ${date}`);
  const begun = Date.now();
  await ask("/stops", { method: "POST", body: JSON.stringify({ equipment: machine, from: stop.from, to: stop.to, reason: "setup.changeover" }) });
  await until("the day's later revision", async () => Number(await revision.innerText()) > before, 30_000);
  console.log(`a reason given for a stop of ${date} was on the open page of the province ${Date.now() - begun} ms later`);
});

test("city and county say the same of the same firms", async () => {
  const token = async (node) => (await readFile(join(dir, "nodes", `${node}.token`), "utf8")).trim();
  const whole = async (node) => {
    const year = new Date(Date.now() + 8 * 3600_000).getUTCFullYear();
    const res = await fetch(`${nodes[node].page}/api/v1/indicators/${indicator}/breakdown?region=330624&year=${year}`, { headers: { Authorization: `Bearer ${await token(node)}` } });
    assert.equal(res.status, 200, `${node}: ${await res.clone().text()}`);
    const { terms, value, root } = (await res.json()).whole;
    return { terms, value, root };
  };
  const province = await until("the days of all plants at the three nodes", async () => {
    const [a, b, c] = await Promise.all(["province", "city", "county"].map(whole));
    return JSON.stringify([a.terms, a.value]) === JSON.stringify([b.terms, b.value]) && JSON.stringify([b.terms, b.value]) === JSON.stringify([c.terms, c.value]) && a;
  });
  assert.ok(province.terms.machines > 0);
});
