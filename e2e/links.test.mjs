// What goes wrong between a hub and its nodes, as the people at both ends read
// it: real processes, a real browser.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { freePort, until } from "./demo.mjs";
import { enrol, startNode } from "./node.mjs";

let dir, browser, hub, edge, links, up, parent;
const stops = [];

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-links-"));
  links = `127.0.0.1:${await freePort()}`;
  parent = `nats://${links}`;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  hub = await start("hub", "--links", links);
  up = await enrol(hub, dir, "mill", parent);
  // What may wait is so little that the demo fills it while the hub is away.
  edge = await start("edge", ...up, "--demo", "--outbox", "100KB,1d");
});

after(async () => {
  await browser?.close();
  for (const stop of stops.reverse()) await stop("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

async function start(...args) {
  const node = await startNode(dir, ...args);
  stops.push(node.stop);
  return node;
}

/** The page of nodes above and below, in a language, as an administrator sees it. */
async function open(node, language, change) {
  const context = await browser.newContext({ locale: language, timezoneId: "Asia/Shanghai", reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.route(`${node.base}/api/**`, async (route) => {
    const headers = { ...route.request().headers(), authorization: `Bearer ${node.token}` };
    if (change && route.request().url().endsWith("/links")) {
      const res = await route.fetch({ headers });
      return route.fulfill({ response: res, json: change(await res.json()) });
    }
    return route.continue({ headers });
  });
  await page.addInitScript((lang) => localStorage.setItem("zhigai.lang", lang), language.slice(0, 2));
  await page.goto(`${node.base}/system?tab=links`);
  return { page, close: () => context.close() };
}

async function reads(node, zh, en, change) {
  for (const [language, words] of [["zh-CN", zh], ["en-US", en]]) {
    const { page, close } = await open(node, language, change);
    for (const w of words) await page.getByText(w).first().waitFor();
    await close();
  }
}

const state = (node) => node.api("/api/v1/links");
const check = async (node, name) => (await node.api("/api/v1/health")).checks.find((c) => c.name === name);

test("a node that is connected", async () => {
  await until("the edge to be connected", async () => (await state(hub)).nodes[0]?.connected);
  await reads(hub, ["mill", "已连接"], ["mill", "connected"]);
  await until("health to be well", async () => (await check(hub, "nodes")).ok);
});

test("one key on two machines: the second is refused, both are named, at both ends", async () => {
  const copy = await start("copy", ...up);
  await until("the copy to be refused", async () => (await state(copy)).parent.refused === "clone");
  await reads(copy, ["上级拒绝本节点：密钥正在另一台机器上使用"], ["The node above refuses this one: the key is in use on another machine"]);
  await reads(hub, [/节点“mill”的密钥在两台机器上使用：接受 .+，拒绝 .+/], [/The key of node "mill" is used on two machines/]);
  const [node] = (await state(hub)).nodes;
  assert.ok(node.connected, "the first machine is still heard");
  assert.ok(node.conflict.holder.host && node.conflict.refused.host, "both are named");
  assert.match(hub.log, /one key on two machines/);
  assert.equal((await check(hub, "nodes")).ok, false);
  await copy.stop();
});

test("the hub is away: what waits is counted, its bound is said long before", async () => {
  await hub.stop("SIGKILL");
  await until("the alarm", async () => (await state(edge)).parent.outbox.alarm);
  const at = (await state(edge)).parent;
  assert.ok(at.streams.some((s) => s.backlog > 0));
  await reads(edge, ["正在连接", /\d 条/, /本节点：待发数据已/], ["connecting", /\d items/, /This node: what waits to be sent/]);
  assert.equal((await check(edge, "parent")).ok, false);
  hub = await start("hub", "--links", links);
  await until("the backlog to drain", async () => {
    const { parent: p } = await state(edge);
    return p.state === "up" && !p.outbox.alarm;
  });
});

test("programs too far apart are told which one to upgrade", async () => {
  // The answer of a real hub, with the code an older program would have got.
  const older = (l) => ({ ...l, parent: { ...l.parent, state: "refused", refused: "version" } });
  await reads(edge, [/上级拒绝本节点：两端程序版本相差一个以上/], [/upgrade the older one/], older);
});

test("a revoked node is told so, and stays a state and no alarm at the hub", async () => {
  const [node] = (await state(hub)).nodes;
  await hub.api(`/api/v1/links/nodes/${node.node.id}/revoke`, { method: "POST" });
  await until("the refusal", async () => (await state(edge)).parent.refused === "revoked");
  await reads(edge, ["上级拒绝本节点：已被上级吊销"], ["revoked by the node above"]);
  await reads(hub, ["已吊销"], ["revoked"]);
  assert.match(edge.log, /revoked this node/);
});
