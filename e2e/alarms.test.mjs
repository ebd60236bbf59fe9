// A process engineer tries a limit on history and lets it go live; the maintenance
// engineer is told, turns the alarm into a work order and enters that it helped.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo, until } from "./demo.mjs";

let demo, browser, page, machine, tag, receiver;
const received = [];

before(async () => {
  demo = await startDemo();
  receiver = createServer((req, res) => {
    let body = "";
    req.on("data", (chunk) => { body += chunk; });
    req.on("end", () => {
      received.push({ signature: req.headers["x-zhigai-signature"], ...JSON.parse(body) });
      res.end("ok");
    });
  });
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
  const { items } = await demo.api("/api/v1/equipment?limit=1000");
  machine = items.find((m) => m.name.zh === "1号车床") ?? items.find((m) => m.class === "lathe");
  const detail = await demo.api(`/api/v1/equipment/${machine.id}`);
  tag = detail.tags.find((t) => t.name === "temperature.cabinet");
  await until("values of the cabinet", async () => (await demo.api(`/api/v1/equipment/${machine.id}`)).values.some((v) => v.tag === tag.no));
  browser = await launch();
  page = await signedIn(browser, demo.base, "engineer", "engineer-demo");
});

after(async () => {
  receiver?.close();
  await browser?.close();
  await demo?.stop();
});

const pick = async (scope, label, text) => {
  const box = scope.getByLabel(label, { exact: true });
  await box.click();
  await box.fill(text);
  await page.keyboard.press("Enter");
};

test("whoever is told of alarms by webhook", async () => {
  await page.goto(`${demo.base}/alarms?tab=delivery`);
  await page.getByText("还没有通知方式，报警只在页面上").waitFor();
  await page.getByRole("button", { name: "新建通知方式" }).click();
  const form = page.getByRole("dialog", { name: "新建通知方式" });
  await form.getByLabel("名称").fill("维修班");
  await form.getByLabel("方式", { exact: true }).click();
  await page.getByTitle("Webhook").last().click();
  await form.getByLabel("地址").fill(`http://127.0.0.1:${receiver.address().port}/alarms`);
  await form.getByLabel("签名密钥").fill("geheim");
  await accessible(page, "the form of a route");
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByRole("button", { name: "试发" }).click();
  await page.getByText(/试发成功/).waitFor();
  const trial = received.find((m) => m.alarm.id === "test"); // an alarm of the plant may come before it
  assert.ok(trial, "the trial came");
  assert.match(trial.signature, /^sha256=[0-9a-f]{64}$/);
});

test("who is on call, and a group chat that calls them when nobody took the alarm up", async () => {
  await page.goto(`${demo.base}/alarms?tab=delivery`);
  await page.getByText("还没有值班表").waitFor();
  await page.getByRole("button", { name: "新建值班表" }).click();
  const form = page.getByRole("dialog", { name: "新建值班表" });
  await form.getByLabel("名称").fill("维修值班");
  await form.getByLabel("姓名").fill("张师傅");
  await form.getByLabel("手机").fill("13800000001");
  await form.getByRole("button", { name: "加一人" }).click();
  await form.getByLabel("姓名").last().fill("李师傅");
  await form.getByLabel("邮件").last().fill("li");
  await accessible(page, "the form of a rota");
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByText(/不是邮件地址/).waitFor(); // what is wrong is said, and nothing typed is lost
  await form.getByLabel("邮件").last().fill("li@plant.example");
  await form.getByRole("button", { name: "保存" }).click();
  const panel = page.getByRole("region", { name: "谁在值班" });
  await panel.getByRole("cell", { name: /张师傅/ }).waitFor();
  await panel.getByRole("button", { name: /展开|Expand/ }).click();
  await panel.getByRole("list", { name: "今后四周" }).getByText(/李师傅/).first().waitFor();
  await page.getByRole("button", { name: "新建通知方式" }).click();
  const route = page.getByRole("dialog", { name: "新建通知方式" });
  await route.getByLabel("名称").fill("车间群");
  await route.getByLabel("方式", { exact: true }).click();
  await page.getByTitle("企业微信群机器人").last().click();
  await route.getByLabel("地址").fill(`http://127.0.0.1:${receiver.address().port}/cgi-bin/webhook/send`);
  await route.getByLabel("机器人的 key").fill("k");
  await route.getByLabel("值班表").click();
  await page.getByTitle("维修值班").last().click();
  await route.getByLabel("多少分钟无人处理才通知").fill("15");
  await route.getByRole("button", { name: "保存" }).click();
  await page.getByText("15 分钟无人处理").waitFor();
  await accessible(page, "rotas and routes", "rota");
});

test("a limit is tried on history and goes live", async () => {
  await page.goto(`${demo.base}/alarms?tab=limits`);
  await page.getByText("还没有限值").waitFor();
  await accessible(page, "no limits");
  await page.getByRole("button", { name: "新建限值" }).click();
  const drawer = page.getByRole("dialog", { name: "新建限值" });
  await pick(drawer, "设备", machine.path);
  await pick(drawer, "信号", "temperature.cabinet");
  await drawer.getByLabel(/^限值/).fill("1");
  await drawer.getByLabel("触发延时（秒）").fill("0");
  await drawer.getByLabel("优先级").click();
  await page.getByTitle("高", { exact: true }).last().click();
  await drawer.getByLabel("报警文字（中文）").fill("电柜温度高");
  await drawer.getByLabel("该怎么处理").fill("查风扇和滤网");
  await drawer.getByLabel("这样定的理由").fill("试一试");
  await drawer.getByRole("button", { name: "试算" }).click();
  await drawer.getByRole("status").filter({ hasText: /过去 30 天会触发 \d+ 次，其中 \d+ 次在停机前 60 分钟内/ }).waitFor();
  await drawer.getByRole("img", { name: /的历史，会触发/ }).waitFor();
  await accessible(page, "a limit tried on history", "limit");
  await drawer.getByRole("button", { name: "存为草稿" }).click();
  const row = page.getByRole("row").filter({ hasText: "电柜温度高" });
  await row.getByText("草稿").waitFor();
  await row.getByRole("button", { name: "打开" }).click();
  const again = page.getByRole("dialog", { name: /电柜温度高/ });
  await again.getByRole("region", { name: "版本" }).getByText("试一试").waitFor();
  await again.getByLabel("这样定的理由").fill("试算过");
  await again.getByRole("button", { name: "投入使用" }).click();
  await row.getByText("在用").waitFor();
  await accessible(page, "limits", "limits");
});

test("the alarm is in the list, is told, and becomes a work order in one step", async () => {
  await page.getByRole("tab", { name: "报警", exact: true }).click();
  const row = page.getByRole("row").filter({ hasText: "电柜温度高" });
  await row.getByText("未确认").waitFor();
  await until("the webhook", async () => received.some((m) => m.alarm.text.zh === "电柜温度高"));
  await accessible(page, "alarms", "alarms");
  await row.getByRole("button", { name: "确认", exact: true }).click();
  await page.getByRole("dialog", { name: /确认：/ }).getByRole("button", { name: "确认", exact: true }).click();
  await row.getByText(/engineer.*确认/).or(row.getByText("已确认", { exact: true })).first().waitFor();
  await row.getByRole("button", { name: "搁置" }).click();
  const shelf = page.getByRole("dialog", { name: /搁置：/ });
  await shelf.getByLabel("原因").fill("等备件");
  await accessible(page, "shelving an alarm");
  await shelf.getByRole("button", { name: "搁置", exact: true }).click();
  await row.waitFor({ state: "detached" });
  await page.getByRole("switch", { name: "含搁置和停用" }).click();
  await row.getByText("搁置", { exact: false }).first().waitFor();
  await row.getByRole("button", { name: "恢复" }).click();
  await row.getByRole("button", { name: "搁置" }).waitFor();
  await row.getByRole("button", { name: "转工单" }).click();
  await page.getByRole("heading", { level: 1, name: "维修" }).waitFor();
  await page.getByRole("dialog", { name: /工单 1/ }).waitFor();
});

test("a work order from begun to helped", async () => {
  const drawer = page.getByRole("dialog", { name: /工单 1/ });
  const step = async (name) => {
    await drawer.getByRole("button", { name, exact: true }).click();
    const dialog = page.getByRole("dialog", { name, exact: true });
    await dialog.getByRole("button", { name, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  };
  await step("开始处理");
  await drawer.getByText("处理中").first().waitFor();
  await drawer.getByLabel("故障", { exact: true }).fill("滤网堵");
  await drawer.getByLabel("原因", { exact: true }).fill("没有按期清");
  await drawer.getByLabel("措施", { exact: true }).fill("清滤网");
  await drawer.getByLabel("停机损失（元/小时）").fill("600");
  await drawer.getByLabel("增加检查项（每行一项）").fill("滤网干净");
  await accessible(page, "a work order", "workorder");
  await drawer.getByRole("button", { name: "保存" }).click();
  await drawer.getByRole("checkbox", { name: "滤网干净" }).waitFor();
  await step("完成");
  await drawer.getByText("已完成，待验证").first().waitFor();
  await step("确认有效");
  await drawer.getByText("有效", { exact: true }).first().waitFor();
  await page.keyboard.press("Escape");
  await accessible(page, "maintenance", "maintenance");
});

test("the same alarm again is offered what helped", async () => {
  const { items } = await demo.api("/api/v1/alarms/limits");
  const o = await demo.send("POST", "/api/v1/maintenance/orders", { equipment: machine.id, title: "又来了", priority: 2, origin: { alarm: `limit/${items[0].id}`, from: new Date().toISOString() } });
  await page.goto(`${demo.base}/maintenance?order=${o.id}`);
  const known = page.getByRole("region", { name: "同一报警以前怎么处理" });
  await known.getByText("清滤网").waitFor();
  await known.getByRole("button", { name: "采用" }).click();
  assert.equal(await page.getByLabel("措施", { exact: true }).inputValue(), "清滤网");
  await page.keyboard.press("Escape");
});

test("a plan by time", async () => {
  await page.goto(`${demo.base}/maintenance?tab=plans`);
  await page.getByText("没有计划").waitFor();
  await page.getByRole("button", { name: "新建计划" }).click();
  const form = page.getByRole("dialog", { name: "新建计划" });
  await pick(form, "设备", machine.path);
  await form.getByLabel("事项").fill("清滤网");
  await form.getByLabel("检查表（每行一项）").fill("断电\n清滤网");
  await accessible(page, "the form of a plan");
  await form.getByRole("button", { name: "保存" }).click();
  await page.getByRole("row").filter({ hasText: "每 30 天" }).waitFor();
  await accessible(page, "plans", "plans");
});

test("what alarms ask of people", async () => {
  await page.goto(`${demo.base}/alarms?tab=performance&range=1h`);
  const panel = page.getByRole("region", { name: "报警绩效" });
  await panel.getByText("每人每天报警").waitFor();
  await accessible(page, "alarm performance", "alarm-performance");
  await page.getByRole("link", { name: "看这些报警" }).first().click();
  await page.getByRole("button", { name: "全部报警" }).waitFor();
});

test("the log of what was told, in English", async () => {
  await page.goto(`${demo.base}/alarms?tab=delivery`);
  await page.getByRole("region", { name: "送达记录" }).getByText("已送达").first().waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("region", { name: "Log" }).getByText("sent").first().waitFor();
  await accessible(page, "delivery in English", "delivery");
});
