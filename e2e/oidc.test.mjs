// An administrator connects a provider of OpenID Connect on the page, a person of
// a county signs in at it, and one whom no rule fits is told so, in a real browser.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { startNode } from "./node.mjs";

const peers = new URL("peers/", import.meta.url);
const password = "long-enough-word";
let dir, node, party, browser, page, issuer;

/** Says something to the provider and waits until it has heard. */
function tell(command) {
  const heard = new Promise((r) => party.lines.once("line", (line) => r(JSON.parse(line))));
  if (command) party.stdin.write(`${JSON.stringify(command)}\n`);
  return heard;
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-oidc-"));
  node = await startNode(dir, "county");
  await node.api("/api/v1/users", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: "boss", role: "admin", password }) });
  party = spawn("node", ["oidc/provider.mjs", "0"], { cwd: peers, stdio: ["pipe", "pipe", "ignore"] });
  party.lines = createInterface({ input: party.stdout });
  ({ issuer } = await tell());
  browser = await launch();
  page = await (await browser.newContext(person)).newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${node.base}/signin`);
  await signIn(page, "boss", password);
  await page.getByRole("navigation").waitFor();
});

after(async () => {
  await browser?.close();
  party?.kill();
  await node?.stop();
  await rm(dir, { recursive: true, force: true });
});

async function choose(label, option) {
  await page.getByRole("combobox", { name: label }).last().click();
  await page.locator(".ant-select-dropdown:visible").getByText(option, { exact: true }).click();
}

test("a provider is connected on the page", async () => {
  await page.goto(`${node.base}/system?tab=providers`);
  await page.getByText("没有接入统一登录").waitFor();
  await accessible(page, "providers-none");
  await page.getByRole("button", { name: "接入认证服务" }).click();
  await page.getByLabel("中文名（登录按钮上显示）").fill("省统一认证");
  await page.getByLabel("签发者地址").fill("http://id.example.com");
  await page.getByRole("button", { name: "测试连接" }).click();
  await page.getByText("以 https:// 开头；http:// 只能是本机").waitFor();
  await page.getByLabel("签发者地址").fill(`${issuer}/nothing`);
  await page.getByRole("button", { name: "测试连接" }).click();
  await page.getByText(/认证服务应答异常/).waitFor();
  await page.getByLabel("签发者地址").fill(issuer);
  await page.getByRole("button", { name: "测试连接" }).click();
  await page.getByText(/认证服务有应答/).waitFor();
  await page.getByLabel("客户端编号").fill("zhigai");
  await page.getByLabel("客户端密钥").fill("hidden-word");
  await page.getByRole("button", { name: "增加规则" }).click();
  await page.getByLabel("值").fill("county-330624");
  await choose("角色", "主管部门人员");
  await page.getByLabel("区划代码前缀").fill("330624");
  await accessible(page, "providers-form");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByRole("cell", { name: "省统一认证" }).waitFor();
  await accessible(page, "providers");
  const [provider] = (await node.api("/api/v1/providers")).items;
  assert.equal(provider.secret, undefined);
  assert.deepEqual(provider.rules[0].grant, { role: "officer", region: "330624" });
  await tell({
    clients: [{ client_id: "zhigai", client_secret: "hidden-word", scope: "openid profile groups", redirect_uris: [`${provider.address}/oidc/${provider.id}/return`], post_logout_redirect_uris: [`${provider.address}/signin`] }],
    accounts: { "s-1": { preferred_username: "zhou", name: "周一", groups: ["county-330624"] }, "s-2": { groups: [] } },
  });
});

async function signInAt(account) {
  const other = await (await browser.newContext(person)).newPage();
  other.setDefaultTimeout(15_000);
  await other.goto(`${node.base}/firms`);
  await other.getByRole("link", { name: "用“省统一认证”登录" }).waitFor();
  await accessible(other, "signin-doors");
  await other.getByRole("link", { name: "用“省统一认证”登录" }).click();
  await other.getByLabel("账号").fill(account);
  await other.getByRole("button", { name: "登录" }).click();
  return other;
}

test("a county's officer comes in by it, to the page asked for, and goes", async () => {
  const zhou = await signInAt("s-1");
  await zhou.waitForURL(`${node.base}/firms`);
  await zhou.getByRole("heading", { level: 1 }).waitFor();
  const me = await zhou.evaluate(async () => (await fetch("/api/v1/session")).json());
  assert.equal(me.name, "zhou");
  assert.deepEqual(me.areas, [{ region: "330624" }]);
  await zhou.getByRole("button", { name: "退出" }).click();
  await zhou.waitForURL((u) => u.href.startsWith(issuer));
  assert.equal(await zhou.evaluate(async (base) => fetch(`${base}/api/v1/session`).then((r) => r.status, () => 0), node.base), 0);
});

test("who is given nothing is told so", async () => {
  const nobody = await signInAt("s-2");
  await nobody.getByRole("alert").getByText(/没有给你任何授权/).waitFor();
  await accessible(nobody, "signin-refused");
});

test("a provider that is away says so, and local names work", async () => {
  party.kill();
  const other = await (await browser.newContext(person)).newPage();
  await other.goto(`${node.base}/signin`);
  await other.getByRole("link", { name: "用“省统一认证”登录" }).click();
  await other.getByText(/统一登录服务没有应答/).waitFor();
  await signIn(other, "boss", password);
  await other.getByRole("navigation").waitFor();
});
