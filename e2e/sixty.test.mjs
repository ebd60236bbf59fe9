// Sixty machines of seven makes and protocols become live: those the list has by
// one sheet, those it forgot by a search. Then the acceptance report is made. A
// newcomer's clicks are counted; the machines are real servers of their
// protocols, in processes of their own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { bin, freePort, until } from "./demo.mjs";
import { startNode } from "./node.mjs";

const listed = [
  { profile: "generic.plc-s7", count: 14 }, { profile: "okuma.osp-lathe-mtconnect", count: 10 }, { profile: "generic.plc-slmp", count: 9 },
  { profile: "generic.plc-fins", count: 8 }, { profile: "generic.plc-ethernet-ip", count: 6 }, { profile: "rfc1628.ups", count: 3 },
  { profile: "eastron.sdm630", count: 7 },
];
const forgotten = 3; // meters that are searched for

let dir, browser, page, node, meters, sheet;
const machines = [];
let clicks = 0, typed = 0, began;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-sixty-"));
  node = await startNode(dir, "plant");
  const sheets = await Promise.all(listed.map(async (kind, i) => {
    const file = join(dir, `${kind.profile}.csv`);
    await stand(["--profile", kind.profile, "--count", String(kind.count), "--seed", String(i + 1), "--sheet", file, "--under", `works/hall-1/line-${i + 1}`]);
    return (await readFile(file, "utf8")).trimEnd().split("\n");
  }));
  const port = await freePort();
  meters = `127.0.0.1:${port}`;
  await stand(["--profile", "eastron.sdm630", "--listen", meters, "--count", String(forgotten), "--shared"]);
  assert.equal(new Set(sheets.map((s) => s[0])).size, 1, "all sheets have one header");
  sheet = join(dir, "设备清单.csv");
  await writeFile(sheet, [sheets[0][0], ...sheets.flatMap((s) => s.slice(1))].join("\n") + "\n");
  browser = await launch();
  const context = await browser.newContext({ ...person, acceptDownloads: true });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
});

after(async () => {
  await browser?.close();
  for (const m of machines) m.kill("SIGKILL");
  await node?.stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

/** Starts simulated machines and waits until they answer. */
async function stand(args) {
  const child = spawn(bin, ["sim", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  machines.push(child);
  let said = "";
  child.stdout.on("data", (d) => { said += d; });
  child.stderr.on("data", (d) => { said += d; });
  await until(`${args.join(" ")} to stand`, () => {
    if (child.exitCode !== null) throw new Error(said);
    return said.includes("ctrl-C");
  });
}

async function click(target) { await target.click(); clicks++; }

async function fill(target, text) { await target.fill(text); typed++; }

const devices = async () => (await node.api("/api/v1/devices?limit=1000")).items;

test("a firm begins", async () => {
  await node.api("/api/v1/users", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "gong", display: "龚工", role: "engineer", password: "sixty machines" }) });
  await page.goto(`${node.base}/signin`);
  began = Date.now();
  await signIn(page, "gong", "sixty machines");
  typed += 2;
  clicks++;
  await click(page.getByRole("link", { name: "工厂建模" }));
  await click(page.getByRole("button", { name: "新增企业" }));
  await fill(page.getByLabel("路径", { exact: true }), "works");
  await fill(page.getByLabel("中文名", { exact: true }), "轴承厂");
  await click(page.getByRole("button", { name: /^保\s*存$/ }));
  await page.getByText("轴承厂").first().waitFor();
});

test("the list becomes machines, all at once", async () => {
  await click(page.getByRole("link", { name: "设备连接" }));
  await click(page.getByRole("tab", { name: "批量导入" }));
  await page.locator("input[type=file]").setInputFiles(sheet);
  clicks += 2; // the field, and the file in the dialog
  await click(page.getByRole("checkbox", { name: /创建缺少的位置/ }));
  await page.getByRole("button", { name: /^导入 57 台/ }).waitFor();
  await accessible(page, "bulk-preview");
  await click(page.getByRole("button", { name: /^导入 57 台/ }));
  await page.getByText(/已导入：新增 57 台/).waitFor();
  await accessible(page, "bulk-done");
});

test("what the list forgot is searched for and adopted", async () => {
  await click(page.getByRole("tab", { name: "发现设备" }));
  await fill(page.getByLabel("搜索范围"), `${meters} units 1-8`);
  await click(page.getByRole("button", { name: "开始搜索" }));
  await page.getByText(new RegExp(`完成 · 发现 ${forgotten} 台`)).waitFor({ timeout: 60_000 });
  for (let i = 0; i < forgotten; i++) {
    await click(page.getByRole("button", { name: "接入", exact: true }).or(page.getByRole("button", { name: /^接\s*入$/ })).first());
    const drawer = page.getByRole("dialog");
    await pick(drawer, "设备类型", "(eastron.sdm630)");
    await pick(drawer, "安装位置", "works/hall-1/line-7)");
    await fill(drawer.getByLabel("编号"), `meter-${i + 1}`);
    if (i === 0) {
      await click(drawer.getByRole("button", { name: /读一次/ }));
      await drawer.getByRole("cell", { name: /V$/ }).first().waitFor();
      await accessible(page, "adopt-with-readings");
    }
    await click(drawer.getByRole("button", { name: /^接\s*入$/ }));
    await drawer.waitFor({ state: "hidden" });
  }
});

/** Chooses in a list by typing; Enter counts as a click. */
async function pick(drawer, label, text) {
  const field = drawer.getByLabel(label);
  await field.click();
  await fill(field, text);
  await until(`one of ${text}`, async () => (await page.locator(".ant-select-dropdown:visible .ant-select-item-option").count()) === 1);
  await field.press("Enter");
  clicks += 2;
}

test("sixty machines are live", async () => {
  const all = await until("60 devices up", async () => {
    const items = await devices();
    return items.length === 60 && items.every((d) => d.state === "up" && d.samples > 0) && items;
  }, 60_000).catch(async (err) => {
    throw new Error(`${(await devices()).length} devices; not up: ${JSON.stringify((await devices()).filter((d) => d.state !== "up" || !d.samples).map((d) => [d.path, d.state, d.error]))}`, { cause: err });
  });
  const protocols = new Set(all.map((d) => d.driver));
  assert.equal(protocols.size, 7, [...protocols].join(", "));
  console.log(`60 machines over ${protocols.size} protocols are live ${((Date.now() - began) / 1000).toFixed(1)} s after the first click: ${clicks} clicks, ${typed} fields typed`);
  await click(page.getByRole("tab", { name: "设备", exact: true }));
  await page.getByText("60 台在线，0 台不在线").waitFor();
  await accessible(page, "sixty-devices");
});

test("the acceptance report is made", async () => {
  await click(page.getByRole("tab", { name: "验收报告" }));
  await click(page.getByRole("button", { name: "生成报告" }));
  await page.getByText("已生成").first().waitFor({ timeout: 60_000 });
  await click(page.getByRole("button", { name: "查看报告" }).first());
  await page.getByRole("heading", { level: 2, name: /验收报告/ }).waitFor();
  await accessible(page, "sixty-report");
  const [download] = await Promise.all([page.waitForEvent("download"), click(page.getByRole("link", { name: "下载 PDF" }))]);
  const pdf = await readFile(await download.path());
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  const { items } = await node.api("/api/v1/acceptance-reports");
  assert.equal(items[0].machines, 60);
  if (process.env.SHOTS) await writeFile(join(process.env.SHOTS, "sixty.pdf"), pdf);
  console.log(`the report is there ${((Date.now() - began) / 1000).toFixed(1)} s after the first click: ${clicks} clicks, ${typed} fields typed`);
});
