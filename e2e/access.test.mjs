// An administrator lets an expert in for one workshop until a date and gives an
// officer a region, in a real browser against a real node; each then sees what
// was given and nothing else.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo, browser, page;
const password = "long-enough-word";

before(async () => {
  demo = await startDemo();
  browser = await launch();
  page = await (await browser.newContext(person)).newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${demo.base}/signin`);
  await signIn(page, "admin", "admin-demo");
  await page.getByRole("heading", { level: 1, name: "设备总览" }).waitFor();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

async function choose(label, option) {
  await page.getByRole("combobox", { name: label }).last().click();
  await page.locator(".ant-select-dropdown:visible").getByText(option, { exact: true }).click();
}

async function add(name) {
  await page.goto(`${demo.base}/system?tab=users`);
  await page.getByRole("button", { name: "新增用户" }).click();
  await page.getByLabel("登录名").fill(name);
  await page.getByLabel("密码").fill(password);
}

/** Somebody else's browser. */
async function as(name) {
  const other = await (await browser.newContext(person)).newPage();
  other.setDefaultTimeout(15_000);
  await other.goto(`${demo.base}/signin`);
  await signIn(other, name, password);
  await other.getByRole("navigation").waitFor();
  return other;
}

test("an expert is let in for one workshop until a date", async () => {
  await add("zhao");
  await choose("角色", "访客");
  await page.getByText("厂内位置", { exact: true }).first().click();
  await page.getByRole("combobox", { name: "位置" }).click();
  await page.locator(".ant-select-tree-treenode").nth(1).click();
  await page.getByLabel("到期时间").fill("2030-01-04 18:00");
  await page.keyboard.press("Enter");
  await page.getByLabel("用途").fill("轴承车间诊断");
  await accessible(page, "users-grant");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/grant.png` });
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByRole("cell", { name: /轴承车间诊断/ }).waitFor();
  await accessible(page, "users");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/users.png` });
  const zhao = await as("zhao");
  await zhao.getByRole("heading", { level: 1, name: "设备总览" }).waitFor();
});

test("an officer of a region sees no plant", async () => {
  await add("li");
  await choose("角色", "主管部门人员");
  await page.getByText("一部分企业", { exact: true }).first().click();
  await page.getByLabel("区划代码前缀").fill("330");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByText(/2、4 或 6 位数字/).waitFor();
  await page.getByLabel("区划代码前缀").fill("3306");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByRole("cell", { name: /区划 3306/ }).waitFor();
  const li = await as("li");
  assert.equal(await li.getByRole("link", { name: "设备总览" }).count(), 0);
  const status = await li.evaluate(async () => (await fetch("/api/v1/equipment")).status);
  assert.equal(status, 403);
});

test("an own role, and who may see a place", async () => {
  await page.goto(`${demo.base}/system?tab=roles`);
  await page.getByRole("button", { name: "新建角色" }).click();
  await page.getByLabel("代号").fill("guest");
  await page.getByLabel("中文名").fill("来宾");
  await page.getByRole("button", { name: "保存" }).click();
  await page.getByRole("cell", { name: /来宾/ }).waitFor();
  await accessible(page, "roles");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/roles.png` });
  await page.goto(`${demo.base}/system?tab=access`);
  await page.getByRole("cell", { name: "admin", exact: true }).waitFor();
  assert.equal(await page.getByRole("cell", { name: "zhao", exact: true }).count(), 0, "a place was given, not the whole");
  await page.getByText("企业", { exact: true }).first().click();
  await page.getByLabel("区划代码前缀").fill("330624");
  await page.getByRole("cell", { name: "li", exact: true }).waitFor();
  await accessible(page, "who-may");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/who.png` });
});

test("a user sees the own sessions, ends the others and changes the password", async () => {
  const one = await as("zhao");
  const two = await as("zhao");
  await one.goto(`${demo.base}/account`);
  await one.getByText("Chrome", { exact: false }).first().waitFor();
  await accessible(one, "account");
  if (process.env.SHOTS) await one.screenshot({ path: `${process.env.SHOTS}/account.png`, fullPage: true });
  await one.getByRole("button", { name: /退出其他/ }).click();
  await one.getByRole("button", { name: /确\s*定|OK/ }).click();
  await one.getByText("已退出").waitFor();
  assert.equal(await two.evaluate(async () => (await fetch("/api/v1/session")).status), 401);
  await one.getByLabel("当前密码").fill(password);
  await one.getByLabel("新密码", { exact: true }).fill("1qaz2wsx3edc");
  await one.getByLabel("再输一次新密码").fill("1qaz2wsx3edc");
  await one.getByRole("button", { name: "修改密码" }).click();
  await one.getByRole("alert").getByText(/最常见的密码之一/).waitFor();
  await one.getByLabel("新密码", { exact: true }).fill("another-long-word");
  await one.getByLabel("再输一次新密码").fill("another-long-word");
  await one.getByRole("button", { name: "修改密码" }).click();
  await one.getByText("密码已修改").waitFor();
});

test("the audit is found by who, kind and what, and the filters stand in the address", async () => {
  await page.goto(`${demo.base}/system?tab=audit&kind=changes&action=user.`);
  await page.getByRole("cell", { name: /改密码/ }).first().waitFor();
  await page.getByRole("button", { name: /^只看 zhao$/ }).first().click();
  await page.waitForURL(/who=/);
  await page.getByText("登录", { exact: true }).first().waitFor();
  await page.locator(".ant-segmented-item", { hasText: "查阅" }).click();
  await page.waitForURL(/kind=reads/);
  await page.getByText("没有符合条件的记录").waitFor();
  await accessible(page, "audit-none");
  await page.goto(`${demo.base}/system?tab=audit`);
  await page.getByText(/已显示|共 \d+ 条/).waitFor();
  await page.getByRole("button", { name: /展开|Expand/ }).first().click();
  await accessible(page, "audit");
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/audit.png`, fullPage: true });
  const file = await page.evaluate(async () => new TextDecoder("utf-8", { ignoreBOM: true }).decode(await (await fetch("/api/v1/audit/export")).arrayBuffer()));
  assert.ok(file.startsWith("\uFEFFseq,at,who,"), file.slice(0, 60));
});

test("a provider is invited for a line, sets a password, looks, is let in longer and ended", async () => {
  await page.goto(`${demo.base}/system?tab=guests`);
  await page.getByText("没有外部人员").or(page.getByText("轴承车间诊断")).first().waitFor();
  await page.getByRole("button", { name: "让外部人员进入" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("登录名").fill("fuwu");
  await dialog.getByLabel("姓名").fill("钱工");
  await dialog.getByLabel("单位").fill("浙江某某信息工程有限公司");
  await choose("角色", "服务商");
  await dialog.getByText(/该角色可以：查看设备、指标和数据、配置工厂/).waitFor();
  await dialog.getByRole("combobox", { name: "位置" }).click();
  await page.locator(".ant-select-tree-treenode").nth(1).click();
  await dialog.getByRole("button", { name: "准入" }).click();
  await dialog.getByText("必填").waitFor(); // the purpose
  await dialog.getByLabel("用途").fill("磨床联网改造");
  await accessible(page, "guests-let-in");
  await dialog.getByRole("button", { name: "准入" }).click();
  await page.getByText(/登录链接只显示这一次/).waitFor();
  await accessible(page, "guests-link");
  const link = await page.getByRole("dialog").locator(".mono").innerText();
  await page.getByRole("button", { name: "完成" }).click();
  await page.getByRole("cell", { name: /钱工 fuwu/ }).waitFor();
  await page.getByText("从未登录").first().waitFor();
  await accessible(page, "guests");

  const guest = await (await browser.newContext(person)).newPage();
  guest.setDefaultTimeout(15_000);
  await guest.goto(link);
  await guest.getByText(/你是通过一次性链接进入的/).waitFor();
  const mine = guest.getByRole("row", { name: /磨床联网改造/ });
  await mine.getByText("服务商").waitFor();
  await mine.getByText("Admin").or(mine.getByText(/管理员|admin/)).first().waitFor();
  await accessible(guest, "account-guest");
  assert.equal(await guest.getByLabel("当前密码").count(), 0);
  await guest.getByLabel("新密码", { exact: true }).fill(password);
  await guest.getByLabel("再输一次新密码").fill(password);
  await guest.getByRole("button", { name: "设置密码" }).click();
  await guest.getByText("密码已修改").waitFor();
  await guest.getByText(/你是通过一次性链接进入的/).waitFor({ state: "detached" });
  const seen = await guest.evaluate(async () => {
    const machines = (await (await fetch("/api/v1/equipment")).json()).items;
    const tags = (await (await fetch(`/api/v1/tags?scope=${machines[0].path}`)).json()).items;
    const to = new Date();
    const samples = await fetch(`/api/v1/samples?tag=${tags[0].no}&from=${new Date(to - 60_000).toISOString()}&to=${to.toISOString()}`);
    return { path: machines[0].path, status: samples.status, users: (await fetch("/api/v1/users")).status };
  });
  assert.deepEqual([seen.status, seen.users], [200, 403]);

  await page.goto(`${demo.base}/requests?tab=reads`);
  const read = page.getByRole("row", { name: new RegExp(`fuwu.*外部人员.*原始采样.*${seen.path}`) });
  await read.first().waitFor();
  await accessible(page, "reads");

  await page.goto(`${demo.base}/system?tab=guests`);
  await page.getByRole("button", { name: "为 钱工 改期" }).click();
  await page.getByLabel("有效期至").fill("2099-01-04 18:00");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^OK$|确\s*定/ }).click();
  await page.getByText("须在当前时间之后、一年之内").waitFor();
  const later = new Date(Date.now() + 200 * 86400_000).toISOString().slice(0, 10);
  await page.getByLabel("有效期至").fill(`${later} 18:00`);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^OK$|确\s*定/ }).click();
  await page.getByText("期限已修改").waitFor();
  await page.getByRole("cell", { name: new RegExp(later) }).waitFor();
  await page.getByRole("button", { name: "立即终止 钱工" }).click();
  await page.getByRole("tooltip").getByRole("button", { name: /^OK$|确\s*定/ }).click();
  await page.getByText("已终止").waitFor();
  await page.getByText("已结束", { exact: true }).click();
  await page.getByRole("cell", { name: /已于 .* 结束/ }).waitFor();
  assert.equal(await guest.evaluate(async () => (await fetch("/api/v1/equipment")).status), 403);
  await guest.goto(`${demo.base}/account`);
  await guest.getByText(/已于 .* 到期/).waitFor();
});
