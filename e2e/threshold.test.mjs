// A press without a controller: what a clamp on its cable heard for four hours is
// shown, thresholds are proposed from it, and a person confirms them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { accessible, launch, signedIn } from "./browser.mjs";
import { bin } from "./demo.mjs";
import { startNode } from "./node.mjs";

const where = "works/press";
let dir, browser, page, node;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-clamp-"));
  node = await startNode(dir, "clamp");
  const add = (body) => node.api("/api/v1/nodes", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  await add({ path: "works", level: "enterprise", name: { zh: "冲压厂" } });
  await add({ path: where, level: "equipment", name: { zh: "八五年压力机" }, equipment: { class: "machine", profile: "peacefair.pzem-016-machine", nc: false, excluded: false, device: { driver: "modbus-tcp", address: "127.0.0.1:1", params: { unit: "1" }, off: true, writing: false } } });
  await node.api("/api/v1/users", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "gong", role: "engineer", password: "sixty machines" }) });
  await node.stop();
  const file = join(dir, "heard.csv");
  await writeFile(file, heard(Date.now()));
  await promisify(execFile)(bin, ["samples", "import", file, "--data", node.data]);
  node = await startNode(dir, "clamp");
  browser = await launch();
  page = await signedIn(browser, node.base, "gong", "sixty machines");
});

after(async () => {
  await browser?.close();
  await node?.stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** Four hours until a minute ago: off at 0.05 A, idle at 1.2 A, at work at 6 A. */
function heard(now) {
  const rows = ["tag,time,kind,value,quality"];
  for (let s = 4 * 3600; s > 60; s -= 10) {
    const phase = s % 3600;
    const level = phase < 900 ? 0.05 : phase < 1500 ? 1.2 : 6;
    const at = new Date(now - 1000 * s).toISOString();
    rows.push(`${where}/current.a,${at},number,${(level * (1 + 0.04 * Math.sin(s))).toFixed(3)},good`);
    rows.push(`${where}/link.state,${at},enumeration,1,good`);
  }
  return `${rows.join("\n")}\n`;
}

const machine = async () => (await node.api("/api/v1/nodes?limit=1000")).items.find((n) => n.path === where);

test("thresholds are proposed from what was heard", async () => {
  await page.goto(`${node.base}/machines/${(await machine()).id}`);
  await page.getByRole("button", { name: "学习阈值" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText(/各水平分得很清楚/).waitFor();
  await drawer.getByRole("heading", { name: "用这些阈值会得到的状态" }).waitFor();
  const [idle, run] = await Promise.all(["高于此电流为开机待机（A）", "高于此电流为加工（A）"].map((l) => drawer.getByLabel(l).inputValue()));
  assert.ok(idle > 0.06 && idle < 1.1, `idle above ${idle}`);
  assert.ok(run > 1.3 && run < 5.7, `run above ${run}`);
  await accessible(page, "thresholds");
});

test("a person writes one, sees what it gives, and confirms", async () => {
  const drawer = page.getByRole("dialog");
  await drawer.getByLabel("高于此电流为加工（A）").fill("3.5");
  await drawer.getByRole("heading", { name: "用这些阈值会得到的状态" }).waitFor();
  await drawer.getByRole("button", { name: "确认阈值" }).click();
  await page.getByText("阈值已更改").waitFor();
  assert.equal((await machine()).equipment.device.params.run_above, "3.5");
});
