// A business system is connected in the browser: its mapping tried, an order
// refused and applied when its product is there, a dead letter sent again, and
// both books reconciled. The business system is a server of this test.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch, person } from "./browser.mjs";
import { until } from "./demo.mjs";
import { startNode } from "./node.mjs";

let dir, node, browser, page, erp, address;
const booked = new Map(); // by Idempotency-Key
let answer = 422;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-exchange-"));
  erp = createServer((req, res) => {
    let body = "";
    req.on("data", (d) => { body += d; });
    req.on("end", () => {
      if (answer < 300) booked.set(req.headers["idempotency-key"], JSON.parse(body));
      res.writeHead(answer).end(answer < 300 ? "" : "会计期间已关闭");
    });
  });
  await new Promise((done) => erp.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${erp.address().port}/book`;
  node = await startNode(dir, "works");
  for (const [path, level] of [["works", "enterprise"], ["works/plant", "site"]]) await send("POST", "/nodes", { path, level, name: { zh: path } });
  browser = await launch();
  await open("zh-CN");
});

after(async () => {
  await browser?.close();
  await node?.stop("SIGKILL");
  erp?.close();
  await rm(dir, { recursive: true, force: true });
});

const send = (method, path, body, headers = {}) => node.api(`/api/v1${path}`, { method, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });

/** What the business system says; the answer's state. */
async function say(kind, key, body) {
  const res = await fetch(`${node.base}/api/v1/exchange/partners/erp/messages/${kind}`, {
    method: "POST", headers: { Authorization: `Bearer ${node.token}`, "Content-Type": "application/json", "Idempotency-Key": key }, body: JSON.stringify(body),
  });
  return [res.status, (await res.json()).state];
}

/** The page in a language, as an administrator sees it. */
async function open(language) {
  const context = await browser.newContext({ ...person, locale: language });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.route(`${node.base}/api/**`, (route) => route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${node.token}` } }));
  await page.addInitScript((lang) => localStorage.setItem("zhigai.lang", lang), language.slice(0, 2));
  await page.goto(`${node.base}/exchange`);
}

const order = { number: "SO-1", product: "6204", quantity: 500, unit: "EA", due: "2030-01-01T00:00:00Z", version: 1, state: "forecast" };

test("a system is connected, its mapping tried first", async () => {
  await page.getByText("还没有接入业务系统。").waitFor();
  await accessible(page, "exchange-none");
  await page.getByRole("button", { name: "新增业务系统" }).click();
  await page.getByLabel("名称").fill("集团 ERP");
  await page.getByLabel("标识").fill("erp");
  await page.getByLabel("地址").fill(address);
  await page.getByLabel("订单默认位置").click();
  await page.getByText("works/plant (works/plant)").click();
  await page.getByLabel("查看间隔（秒）").fill("1");
  await page.getByRole("button", { name: "试一试映射" }).click();
  await page.getByLabel("样例报文").fill(JSON.stringify({ ...order, unit: "BOX" }));
  await page.getByRole("button", { name: /^预\s?览$/ }).click();
  await page.getByText(/单位 "BOX".*未知/).waitFor();
  await page.getByLabel("样例报文").fill(JSON.stringify(order));
  await page.getByRole("button", { name: /^预\s?览$/ }).click();
  await page.getByText(/"place": "works\/plant"/).waitFor();
  await page.getByText(/"new_good": 3/).waitFor();
  await accessible(page, "exchange-form");
  await page.getByRole("button", { name: /^保\s?存$/ }).click();
  await page.getByRole("cell", { name: /集团 ERP/ }).first().waitFor();
});

test("an order whose product is missing is refused, and applied when it is there", async () => {
  assert.deepEqual(await say("order", "m-1", order), [422, "refused"]);
  assert.deepEqual(await say("order", "m-1", order), [422, "refused"]);
  assert.deepEqual((await say("order", "m-1", { ...order, quantity: 7 }))[0], 409);
  await page.getByRole("tab", { name: "报文" }).click();
  await page.getByRole("button", { name: "m-1", exact: true }).click();
  await page.getByText(/没有产品 "6204"/).first().waitFor();
  await accessible(page, "exchange-message", "exchange");
  await send("PUT", "/products/6204", { code: "6204", name: { zh: "轴承" } });
  await page.getByRole("button", { name: "重新处理" }).click();
  await page.getByText("已提交，现为“已处理”").waitFor();
  assert.equal((await node.api("/api/v1/orders")).items[0].quantity, 500);
  await page.getByRole("button", { name: "Close", exact: true }).or(page.getByRole("button", { name: "关闭" })).first().click();
});

test("a letter that the system does not book is dead, and is sent again", async () => {
  await page.getByRole("button", { name: "SO-1-0-1", exact: true }).click();
  await page.getByRole("dialog").getByText(/会计期间已关闭/).first().waitFor();
  answer = 204;
  await page.getByRole("button", { name: "重新发送" }).click();
  await until("the letter to be booked", async () => booked.has("SO-1-0-1"));
  assert.deepEqual([booked.get("SO-1-0-1").number, booked.get("SO-1-0-1").seq, booked.get("SO-1-0-1").state], ["SO-1", 1, "forecast"]);
  await until("the letter to be acknowledged", async () => (await node.api("/api/v1/exchange/partners")).items[0].counts.acknowledged === 1);
});

test("both books are held side by side", async () => {
  await page.goto(`${node.base}/exchange?tab=books`);
  await page.getByText(/对方账目未知/).waitFor();
  assert.deepEqual(await say("statement", "s-1", { number: "SO-1", ordered: 500, good: 0, scrap: 0, version: 1 }), [200, "done"]);
  await page.getByRole("button", { name: "重新对账" }).click();
  await page.getByRole("cell", { name: "一致" }).waitFor();
  assert.deepEqual(await say("statement", "s-2", { number: "SO-1", ordered: 500, good: 9, scrap: 0, version: 2 }), [200, "done"]);
  await page.getByRole("button", { name: "重新对账" }).click();
  await page.getByText("9 / 0").waitFor();
  await accessible(page, "exchange-books");
  const sheet = await fetch(`${node.base}/api/v1/exchange/partners/erp/reconciliation/export?format=csv`, { headers: { Authorization: `Bearer ${node.token}` } });
  assert.match(await sheet.text(), /SO-1,500,500,9,0/);
});

test("in English too", async () => {
  await open("en-GB");
  await page.getByRole("heading", { level: 1, name: "Integration" }).waitFor();
  await page.getByRole("cell", { name: /集团 ERP/ }).first().waitFor();
  await accessible(page, "exchange-en");
});
