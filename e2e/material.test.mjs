// The storekeeper's day in the browser: an item and a location are entered, steel
// is received, more is moved than there was, a count mends it, a call is brought,
// and a bad heat is followed to all that was made of it. Each page is looked at
// with axe.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { accessible, launch, signedIn } from "./browser.mjs";
import { startDemo } from "./demo.mjs";

let demo, browser, page, site;

before(async () => {
  demo = await startDemo();
  const { items } = await demo.api("/api/v1/nodes");
  site = items.find((n) => n.level === "site");
  const line = items.find((n) => n.level === "line") ?? site;
  await demo.send("PUT", "/api/v1/material/items/ring", { code: "ring", name: { zh: "套圈" }, unit: "{piece}", tracking: "lot", rev: 0 });
  await demo.send("POST", "/api/v1/material/locations", { code: "main", name: { zh: "主仓库" }, kind: "warehouse", node: site.id, rev: 0 });
  await demo.send("POST", "/api/v1/material/locations", { code: "side1", name: { zh: "一线线边" }, kind: "line_side", node: line.id, rev: 0 });
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

const dialog = () => page.getByRole("dialog").last();

/** Opens a select by its label and takes what has the text. */
async function choose(within, label, text) {
  await within.getByLabel(label, { exact: true }).first().click();
  await page.locator(".ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option", { hasText: text }).first().click();
}

async function book(what, fill) {
  await page.getByRole("button", { name: "记一笔", exact: true }).first().click();
  await choose(dialog(), "事项", what);
  await fill(dialog());
  await dialog().getByRole("button", { name: "记账" }).click();
}

test("an item is entered, and steel is received", async () => {
  await page.getByRole("link", { name: "物料" }).click();
  await page.getByText("没有库存").waitFor();
  await accessible(page, "material-empty");
  await page.getByRole("tab", { name: "物料与库位" }).click();
  await page.getByRole("button", { name: "新增物料" }).click();
  await dialog().getByLabel("编码").fill("gcr15");
  await dialog().getByLabel("中文名").fill("轴承钢");
  await dialog().getByLabel("单位").fill("kg");
  await dialog().getByRole("button", { name: "保存" }).click();
  await page.getByRole("button", { name: "gcr15" }).waitFor();
  await accessible(page, "material-masters");
  await page.getByRole("tab", { name: "库存" }).click();
  await book("收货", async (form) => {
    await choose(form, "物料", "gcr15");
    await form.getByLabel("批号/序列号").fill("H2381");
    await choose(form, "到库位", "main");
    await form.getByLabel("数量").fill("100");
    await form.getByLabel("供应商").fill("钢厂");
    await accessible(page, "material-book");
  });
  await page.getByRole("cell", { name: "100 kg" }).waitFor();
});

test("more is moved than there was: it is booked as a doubt, and a count mends it", async () => {
  const row = page.getByRole("row", { name: /H2381 main/ });
  await row.getByRole("button", { name: /记一笔/ }).click();
  await choose(dialog(), "到库位", "side1");
  await dialog().getByLabel("数量").fill("120");
  await dialog().getByRole("button", { name: "记账" }).click();
  await dialog().getByText("120 were taken and 100 were there").waitFor();
  await accessible(page, "material-doubt");
  await dialog().getByRole("button", { name: "关闭" }).last().click();
  await page.getByRole("cell", { name: "-20 kg" }).waitFor();
  await row.getByRole("button", { name: /记一笔/ }).click();
  await choose(dialog(), "事项", "盘点");
  await dialog().getByLabel("数量").fill("0");
  await dialog().getByRole("button", { name: "记账" }).click();
  await page.getByRole("cell", { name: "-20 kg" }).waitFor({ state: "detached" });
  await page.getByRole("tab", { name: "账实差异" }).click();
  await page.getByRole("cell", { name: "-20 kg" }).first().waitFor();
  await accessible(page, "material-field");
});

test("a call is accepted and delivered", async () => {
  await page.getByRole("tab", { name: "要料" }).click();
  await page.getByRole("button", { name: "要料", exact: true }).click();
  await choose(dialog(), "物料", "gcr15");
  await dialog().getByLabel("数量").fill("5");
  await choose(dialog(), "到库位", "main");
  await dialog().getByRole("button", { name: "要料", exact: true }).click();
  await page.getByRole("button", { name: "接单" }).click();
  await page.getByRole("button", { name: "送达" }).click();
  await dialog().getByRole("button", { name: /H2381 · side1 · 5/ }).click();
  await accessible(page, "material-deliver");
  await dialog().getByRole("button", { name: "送达" }).click();
  await page.getByText("没有要料请求").waitFor();
});

test("a bad heat is followed to what was made of it", async () => {
  const entry = (e) => demo.send("POST", "/api/v1/material/entries", e);
  await entry({ what: "received", item: "ring", lot: "R1", to: "side1", quantity: "40" });
  await entry({ what: "consumed", item: "gcr15", lot: "H2381", from: "side1", quantity: "5", into: "R1", product: "ring" });
  await entry({ what: "split", item: "ring", lot: "R1", into: "R1b", from: "side1", quantity: "10" });
  await entry({ what: "shipped", item: "ring", lot: "R1b", from: "side1", quantity: "10", party: "客户甲" });
  const { code } = await demo.api("/api/v1/material/lots/gcr15:H2381");
  await page.getByLabel("扫描条码或二维码").fill(code);
  await page.getByLabel("扫描条码或二维码").press("Enter");
  await dialog().getByText("已发货 · 客户甲").waitFor();
  await dialog().locator(".ant-tree-switcher").first().click();
  await dialog().locator(".ant-tree").getByText("ring · R1b").waitFor();
  await accessible(page, "material-lot", "material");
  const list = await page.request.get(`${demo.base}/api/v1/material/lots/gcr15:H2381/recall?format=csv`);
  const rows = (await list.text()).trim().split("\n").slice(1).map((l) => l.split(",").slice(0, 3).join(" "));
  assert.deepEqual(rows, ["gcr15 H2381 在库", "gcr15 H2381 在库", "ring R1 在库", "ring R1b 已发货"]);
  await dialog().getByRole("button", { name: "冻结" }).click();
  await dialog().getByLabel("理由").fill("裂纹");
  await dialog().getByRole("button", { name: "冻结" }).click();
  await page.getByText("已冻结：裂纹").waitFor();
  await page.keyboard.press("Escape");
});

test("a foreign code is refused with what it looks like", async () => {
  await page.getByLabel("扫描条码或二维码").fill("(01)09506000134352(10)H9");
  await page.getByLabel("扫描条码或二维码").press("Enter");
  await page.getByText(/不是本系统的标签（GS1 标签）/).waitFor();
});
