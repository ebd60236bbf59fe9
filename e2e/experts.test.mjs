// An officer of the province enters experts, is refused the one who supplies the
// firm and sends another, who accepts; stations one in a county, whose visit
// stands there; a firm asks for advice and gets an answer with its ground. Each
// page is looked at with axe.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch, person, signIn } from "./browser.mjs";
import { startNode } from "./node.mjs";

const password = "long-enough-word";
const firmName = "新昌派遣轴承有限公司";
const dayOf = (days) => new Date(Date.now() + 8 * 3_600_000 + days * 86_400_000).toISOString().slice(0, 10);
let dir, node, browser, officer, expert, speaker, diagnosis;

const send = (method, path, body, headers = {}) => node.api(`/api/v1${path}`, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } });

/** A code of GB 32100 with the check character that fits. */
function creditCode(n) {
  const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const body = `91330624MA${String(n).padStart(7, "0")}`;
  const sum = [...body].reduce((s, c, i) => s + alphabet.indexOf(c) * (3 ** i % 31), 0);
  return body + alphabet[(31 - (sum % 31)) % 31];
}

async function visitor(name) {
  const page = await (await browser.newContext(person)).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${node.base}/signin`);
  await signIn(page, name, password);
  await page.getByRole("link", { name: "专家与咨询" }).click();
  await page.getByRole("heading", { level: 1, name: "专家与咨询" }).waitFor();
  return page;
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-experts-"));
  node = await startNode(dir, "province");
  const year = new Date().getFullYear();
  const firm = await send("POST", "/firms", { code: creditCode(1), name: firmName, region: "330624", industry: "C3451", above_scale: true, since: Date.UTC(year - 2, 0, 1) * 1000 });
  await send("POST", "/users", { name: "officer", password, grants: [{ role: "officer", region: "33" }] });
  await send("POST", "/users", { name: "wang", password, grants: [{ role: "expert", region: "33" }] });
  await send("POST", "/users", { name: "boss", password, grants: [{ role: "firm", enterprise: firm.id }] });
  diagnosis = await send("POST", "/diagnoses", {
    firm: firm.id, edition: "gbt-39116-2020-discrete",
    plan: { title: "派遣诊断", begin: dayOf(7), end: dayOf(9), from: new Date(Date.now() - 30 * 86_400_000).toISOString(), to: new Date().toISOString(), target: 2, cut: [] },
  });
  browser = await launch();
  officer = await visitor("officer");
});

after(async () => {
  await browser?.close();
  await node?.stop();
  await rm(dir, { recursive: true, force: true });
});

const dialog = (page = officer) => page.getByRole("dialog").last();
const tab = (name, page = officer) => page.getByRole("tab", { name }).click();
/** What a list that is open offers, or a tree. */
const choose = (page, text) => page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden)").locator(".ant-select-item-option, .ant-select-tree-title").filter({ hasText: text }).first().click();
async function find(page, form, label, typed) {
  const field = form.getByLabel(label, { exact: true }).and(page.getByRole("combobox")).first();
  await field.click();
  await field.fill(typed);
  await choose(page, typed);
  await field.press("Tab"); // closes a list that takes more than one
}
const close = (page = officer) => page.locator(".ant-drawer-close").last().click();
const saved = async (page = officer) => {
  await page.getByText("已保存").first().waitFor();
  await page.getByText("已保存").first().waitFor({ state: "hidden" });
};

async function enter(name, organisation, account, interest) {
  await officer.getByRole("button", { name: "新增专家" }).click();
  const form = dialog();
  await form.getByLabel("姓名", { exact: true }).fill(name);
  await form.getByLabel("单位", { exact: true }).fill(organisation);
  if (account) await form.getByLabel("登录名", { exact: true }).fill(account);
  await find(officer, form, "所在地", "330624");
  await find(officer, form, "技术领域", "设备联网");
  if (interest) {
    await form.getByRole("button", { name: "新增利益关系" }).click();
    await find(officer, form, "名录内企业", interest);
  }
  await accessible(officer, `experts-entry-${account || "tied"}`);
  await form.getByRole("button", { name: /保\s*存/ }).click();
  await officer.getByRole("button", { name, exact: true }).waitFor();
}

test("the officer of the province enters experts, with what ties them to firms", async () => {
  await officer.getByText("没有符合条件的派遣").waitFor();
  await accessible(officer, "experts-empty");
  await tab("专家库");
  await enter("王工", "省机电设计研究院", "wang");
  await enter("李工", "绍兴磨具有限公司", "", firmName);
  await saved();
  await accessible(officer, "experts-register", "experts");
  const { items } = await node.api("/api/v1/experts");
  assert.deepEqual(items.map((e) => [e.name, e.interests.length]).sort(), [["李工", 1], ["王工", 0]]);
});

test("a supplier of the firm is never sent; another one is, and accepts", async () => {
  await tab("专家派遣");
  await officer.getByRole("button", { name: "申请专家团队" }).click();
  await dialog().getByLabel("诊断项目").click();
  await choose(officer, "派遣诊断");
  await dialog().getByLabel("需要人数").fill("1");
  await accessible(officer, "experts-ask");
  await dialog().getByRole("button", { name: /提\s*交/ }).click();
  const view = dialog();
  await view.getByText(`专家派遣：${firmName}`).waitFor();
  const tied = view.getByRole("row").filter({ hasText: "李工" });
  await tied.getByText("不能派").first().waitFor();
  assert.ok(await view.getByRole("button", { name: "派遣 李工" }).isDisabled());
  // The button is not what keeps the person away.
  const [dispatch] = (await node.api("/api/v1/expert-dispatches")).items;
  const { items } = await node.api("/api/v1/experts");
  const refused = await send("POST", `/expert-dispatches/${dispatch.id}/assignments`, { expert: items.find((e) => e.name === "李工").id, role: "lead" }, { "If-Match": `"${dispatch.rev}"` }).catch((err) => err.message);
  assert.match(refused, /: 422: .*conflict of interest/);
  await saved();
  await accessible(officer, "experts-candidates");
  await view.getByRole("button", { name: "派遣 王工" }).click();
  await view.getByText("待答复").first().waitFor();
  expert = await visitor("wang");
  await expert.getByRole("button", { name: "派遣诊断" }).click();
  await accessible(expert, "experts-asked");
  await dialog(expert).getByRole("button", { name: /接\s*受/ }).click();
  await dialog(expert).getByText("已派齐").first().waitFor();
  const team = (await node.api(`/api/v1/diagnoses/${diagnosis.id}`)).team;
  assert.deepEqual(team.map((m) => [m.name, m.role, m.conflict]), [["王工", "lead", "none"]]);
  await close();
});

test("one is stationed in a county, and what he visited stands there", async () => {
  await tab("驻点专家");
  await officer.getByRole("button", { name: "派驻专家" }).click();
  const form = dialog();
  await find(officer, form, "专家", "王工");
  await find(officer, form, "派驻县（市、区）", "330624");
  await form.getByLabel("起始日期").fill(dayOf(0));
  await form.getByLabel("任务", { exact: true }).fill("轴承行业数字化改造辅导");
  await accessible(officer, "experts-station");
  await form.getByRole("button", { name: /保\s*存/ }).click();
  await officer.getByRole("button", { name: "王工", exact: true }).click();
  const open = dialog();
  await open.getByLabel("日期", { exact: true }).fill(dayOf(0));
  await open.getByLabel("走访内容").fill("看了两条磨加工线");
  await open.getByRole("button", { name: "记录走访" }).click();
  await open.getByRole("cell", { name: "看了两条磨加工线" }).waitFor();
  await saved();
  await accessible(officer, "experts-visits");
  await close();
  const [station] = (await node.api("/api/v1/expert-stations")).items;
  assert.deepEqual([station.name, station.region, station.visits], ["王工", "330624", 1]);
});

test("a firm asks for advice, the officer directs it, the expert answers, the firm closes it", async () => {
  speaker = await visitor("boss");
  await tab("决策咨询", speaker);
  await speaker.getByRole("button", { name: "提出咨询" }).click();
  const form = dialog(speaker);
  await find(speaker, form, "企业", firmName);
  await form.getByLabel("问题", { exact: true }).fill("磨加工线先上 MES 还是先联网？");
  await form.getByLabel("内容", { exact: true }).fill("现有 40 台磨床，年产值 1.2 亿元。");
  await accessible(speaker, "experts-question");
  await form.getByRole("button", { name: /提\s*交/ }).click();
  await speaker.getByRole("button", { name: /磨加工线先上/ }).waitFor();
  await tab("决策咨询");
  await officer.getByRole("button", { name: /磨加工线先上/ }).click();
  await find(officer, dialog(), "专家", "王工");
  await dialog().getByLabel("答复期限").fill(dayOf(10));
  await dialog().getByRole("button", { name: /分\s*办/ }).click();
  await dialog().getByText("办理中").first().waitFor();
  await saved();
  await accessible(officer, "experts-directed");
  await close(expert);
  await tab("决策咨询", expert);
  await expert.getByRole("button", { name: /磨加工线先上/ }).click();
  await dialog(expert).getByLabel("答复", { exact: true }).fill("先联网：没有数据，MES 无从排产。");
  await dialog(expert).getByLabel("依据").fill("GB/T 39116-2020");
  await dialog(expert).getByRole("button", { name: "提交答复" }).click();
  await dialog(expert).getByText("已答复").first().waitFor();
  await speaker.getByRole("button", { name: /磨加工线先上/ }).click();
  const view = dialog(speaker);
  await view.getByText("先联网：没有数据，MES 无从排产。").first().waitFor();
  await accessible(speaker, "experts-answer");
  await view.getByRole("button", { name: /办\s*结/ }).click();
  await view.getByText("已办结").first().waitFor();
  const [asked] = (await node.api("/api/v1/advice")).items;
  assert.deepEqual([asked.state, asked.to, asked.reference], ["closed", "王工", "GB/T 39116-2020"]);
});
