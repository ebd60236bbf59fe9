// Measures what a person waits for, in a real browser against a real demo node,
// and writes it beside its limit and a reference of the same run into the file
// that is named on the command line. tools/bench.sh joins it to the report.
import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { bin, startDemo } from "./demo.mjs";
import { browse, standUp } from "./five.mjs";

const runs = 5;
const points = 1_000_000;
const rows = [];
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const share = (list, q) => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * q))];
const row = (what, measured, limit) => rows.push({ what, measured: `${measured.toFixed(1)} ms`, limit: limit ? `< ${limit} ms` : "reference", ok: !limit || measured < limit });

/** A million samples of one tag at 1 s, through the command that imports files. */
async function fill(data, tag) {
  const file = join(data, "million.csv");
  const out = createWriteStream(file);
  const from = Date.now() - 3_600_000 - points * 1000;
  out.write("tag,time,kind,value,quality\n");
  for (let i = 0; i < points; i += 10_000) {
    let block = "";
    for (let j = i; j < i + 10_000; j++) block += `${tag},${new Date(from + j * 1000).toISOString()},number,${(1500 + 800 * Math.sin(j / 900) + (j * 7919) % 97).toFixed(2)},good\n`;
    if (!out.write(block)) await new Promise((r) => out.once("drain", r));
  }
  await new Promise((r) => out.end(r));
  await promisify(execFile)(bin, ["samples", "import", file, "--data", data]);
  await rm(file);
  return { from, to: from + points * 1000 };
}

/** A cold visit: nothing cached, first paint and the instant the selector is there. */
async function visit(browser, base, cookies, path, selector) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  await context.addCookies(cookies);
  const page = await context.newPage();
  await page.addInitScript((wanted) => {
    new MutationObserver((_, self) => {
      if (!document.querySelector(wanted)) return;
      globalThis.zhigaiSeen = performance.now();
      self.disconnect();
    }).observe(document, { childList: true, subtree: true });
  }, selector);
  await page.goto(base + path);
  await page.waitForFunction(() => globalThis.zhigaiSeen !== undefined && performance.getEntriesByName("first-contentful-paint").length > 0);
  const got = await page.evaluate(() => ({ paint: performance.getEntriesByName("first-contentful-paint")[0].startTime, seen: globalThis.zhigaiSeen }));
  await context.close();
  return got;
}

async function visits(browser, base, cookies, path, selector) {
  const all = [];
  for (let i = 0; i < runs; i++) all.push(await visit(browser, base, cookies, path, selector));
  return { paint: median(all.map((v) => v.paint)), seen: median(all.map((v) => v.seen)) };
}

/** Time between frames, in ms, while the element is dragged to and fro for 3 s; without an element while nothing happens. */
async function frames(page, box) {
  const seen = page.evaluate(() => new Promise((done) => {
    const at = [];
    const next = (t) => {
      at.push(t);
      if (t - at[0] < 3000) requestAnimationFrame(next);
      else done(at.slice(1).map((x, i) => x - at[i]));
    };
    requestAnimationFrame(next);
  }));
  let resting = false;
  void seen.then(() => { resting = true; });
  if (box) {
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    for (let i = 0; !resting; i++) await page.mouse.move(x + 250 * Math.sin(i / 20), y);
    await page.mouse.up();
  }
  return seen;
}

async function pan(page, base, tag, { from, to }) {
  await page.goto(`${base}/trend?tags=${tag}&from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`);
  await page.getByText("原始", { exact: false }).first().waitFor({ timeout: 60_000 });
  return frames(page, await page.locator('[role="img"] .u-over').boundingBox());
}

/** Warm: from a click on the first link that fits until what it leads to is drawn; five times, and back each time. */
async function routes(page, link, drawn) {
  const all = [];
  for (let i = 0; i < runs; i++) {
    await page.waitForFunction(([css, text]) => [...document.querySelectorAll(css)].some((e) => e.textContent.includes(text)), link);
    all.push(await page.evaluate(async (ends) => {
      const [from, to] = ends.map(([css, text]) => () => [...document.querySelectorAll(css)].find((e) => e.textContent.includes(text)));
      const begun = performance.now();
      from().click();
      while (!to()) {
        if (performance.now() - begun > 20_000) throw new Error(`${ends[1]} is not drawn within 20 s of a click on ${ends[0]}`);
        await new Promise(requestAnimationFrame);
      }
      await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    }, [link, drawn]));
    if (i < runs - 1) await page.goBack();
  }
  return median(all);
}

/** Warm: from a click on a characteristic of five years until its chart is drawn, and back by the tab each time. */
async function years(page) {
  const all = [];
  for (let i = 0; i < runs; i++) {
    await page.waitForFunction(() => [...document.querySelectorAll("button")].some((e) => e.textContent.includes("5Y")));
    all.push(await page.evaluate(async () => {
      const begun = performance.now();
      [...document.querySelectorAll("button")].find((e) => e.textContent.includes("5Y")).click();
      while (!document.querySelector("#control-chart polygon")) {
        if (performance.now() - begun > 20_000) throw new Error("the chart of five years is not drawn within 20 s");
        await new Promise(requestAnimationFrame);
      }
      await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    }));
    await page.getByRole("tab", { name: "检验计划", exact: true }).click();
  }
  return median(all);
}

/** The cockpit of a province with 300 firms, all five nodes on the same cores. */
async function cockpit(browser) {
  const dir = await mkdtemp(join(tmpdir(), "zhigai-bench-"));
  const { nodes, stop } = await standUp(dir, 300, 4);
  try {
    const indicator = "backbone-networking-rate";
    const page = await browse(browser, nodes.province.page, "officer", "five-nodes-demo", "/cockpit");
    const cold = await visits(browser, nodes.province.page, await page.context().cookies(), "/cockpit", `a[href*='/cockpit/${indicator}']`);
    row("first paint of the province's cockpit, nothing cached", cold.paint, 1200);
    row("its targets drawn", cold.seen);
    const way = [
      ["cockpit to an indicator by city", [`a[href*='/cockpit/${indicator}']`, ""], ["tbody a", "绍兴市"]],
      ["city to its counties", ["tbody a", "绍兴市"], ["tbody a", "新昌县"]],
      ["county to its firms", ["tbody a", "新昌县"], ["tbody a[href*='/firms/']", ""]],
      ["firm to its machines", ["tbody a[href*='/firms/']", nodes.plant.title], ["tbody a[href*='/machines/']", ""]],
      ["machine to its days", ["tbody a[href*='/machines/']", ""], ["tbody a", new Date(Date.now() + (8 - 48) * 3600_000).toISOString().slice(0, 10)]],
    ];
    for (const [what, link, drawn] of way) row(`${what}, warm, data drawn`, await routes(page, link, drawn), 500);
  } finally {
    await stop();
    await rm(dir, { recursive: true, force: true });
  }
}

const data = await mkdtemp(join(tmpdir(), "zhigai-bench-"));
let demo, browser;
try {
  demo = await startDemo(data); // lets the plant and its tags be there
  await demo.stop();
  const tagPath = "xinchang-bearing/xinchang/turning/line-1/lathe-01/spindle.speed";
  const span = await fill(data, tagPath);
  await promisify(execFile)(bin, ["bench-quality", "--data", data, "--path", "xinchang-bearing/xinchang/turning/line-1/lathe-01"]);
  demo = await startDemo(data);
  const tag = (await demo.api(`/api/v1/tags?q=${encodeURIComponent("lathe-01/spindle.speed")}`)).items.find((t) => t.path === tagPath);
  const [machine] = (await demo.api("/api/v1/equipment?q=lathe-01")).items;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"] });
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: "zh-CN", timezoneId: "Asia/Shanghai" });
  await context.request.post(`${demo.base}/api/v1/session`, { data: { name: "viewer", password: "viewer-demo" } });
  const cookies = await context.cookies();
  const plain = await visits(browser, demo.base, cookies, "/api/v1/session", "body");
  const kiosk = await visits(browser, demo.base, cookies, "/kiosk/andon", "#root > *");
  const page1 = await visits(browser, demo.base, cookies, `/machines/${machine.id}`, "main h1");
  row("first paint of one small answer of the API", plain.paint);
  row("first paint of the kiosk board, nothing cached", kiosk.paint, 350);
  row("first paint of a machine page, nothing cached", page1.paint, 1200);
  row("the machine's name and state on it", page1.seen, 1200);
  const chart = await context.newPage();
  const now = Date.now();
  await chart.goto(`${demo.base}/quality?tab=plans&from=${new Date(now - 5 * 365 * 86_400_000).toISOString()}&to=${new Date(now).toISOString()}`);
  row("plans to a control chart of five years, a subgroup each minute, warm, data drawn", await years(chart), 500);
  await chart.close();
  const page = await context.newPage();
  await page.goto(`${demo.base}/api/v1/session`);
  const still = await frames(page);
  const moving = await pan(page, demo.base, tag.no, span);
  row("time between frames of a page at rest, median", median(still));
  row(`the same while ${points.toLocaleString("en")} points are panned, median`, median(moving), 17.5);
  row("the same, 95 of 100 frames within", share(moving, 0.95), 34);
  await demo.stop();
  demo = undefined;
  await cockpit(browser);
} finally {
  await browser?.close();
  await demo?.stop();
  await rm(data, { recursive: true, force: true });
}
// A group of rows as `zhigai bench --with` takes it.
const group = {
  name: "pages",
  title: "Pages in a browser",
  rows: rows.map((r) => ({ what: r.what, value: Number.parseFloat(r.measured), unit: "ms", shown: r.measured, ...(r.limit === "reference" ? {} : { wanted: r.limit, missed: !r.ok }) })),
};
group.rows[0].note = "In headless Chromium without a graphics card; the demo plant runs on the same cores.";
await writeFile(process.argv[2], JSON.stringify(group));
