// Sets a northward target up in the browser against a real demo node and a real
// broker, looks at the page with axe, loses the broker and finds it again.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, launch, signedIn } from "./browser.mjs";
import { freePort, startDemo, until } from "./demo.mjs";

let dir, port, broker, demo, browser, page;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "zhigai-north-"));
  port = await freePort();
  await writeFile(join(dir, "mosquitto.conf"), `user root\nlistener ${port} 127.0.0.1\nallow_anonymous true\n`);
  await startBroker();
  // A disk that is only warned of gives nothing up, however full the machine's is.
  demo = await startDemo(undefined, "--disk-warn", "99%", "--disk-low", "2MiB", "--disk-stop", "1MiB");
  browser = await launch();
  page = await signedIn(browser, demo.base, "admin", "admin-demo");
});

after(async () => {
  await browser?.close();
  await demo?.stop();
  broker?.kill("SIGKILL");
  await rm(dir, { recursive: true, force: true });
});

async function startBroker() {
  broker = spawn("mosquitto", ["-c", join(dir, "mosquitto.conf")], { stdio: "ignore", env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
  await until("mosquitto to listen", () => new Promise((done) => {
    const c = connect(port, "127.0.0.1", () => { c.destroy(); done(true); });
    c.on("error", () => done(false));
  }));
}

const target = async () => (await demo.api("/api/v1/north-targets")).items[0];

test("a target is tried, added and gets what the machines say", async () => {
  await page.goto(`${demo.base}/system?tab=north`);
  await page.getByText("没有北向目标。数据留在本节点。").waitFor();
  await accessible(page, "north-none");
  await page.getByRole("button", { name: "新增目标" }).click();
  await page.getByLabel("名称").fill("集团 MES");
  await page.getByLabel("代理地址").fill("mqtt://127.0.0.1:1");
  await page.getByRole("button", { name: "测试连接" }).click();
  await page.getByText(/connection refused/).waitFor();
  await page.getByLabel("代理地址").fill(`mqtt://127.0.0.1:${port}`);
  await page.getByRole("button", { name: "测试连接" }).click();
  await page.getByText("已连接到代理并收到应答。").waitFor();
  await page.getByLabel("主题前缀").fill("group");
  await page.getByLabel("共享的位置（含其下全部）").click();
  await page.keyboard.press("Enter"); // the first: the whole plant
  await page.keyboard.press("Escape");
  await accessible(page, "north-form");
  await page.getByRole("button", { name: /^保\s?存$/ }).click();
  await page.getByRole("cell", { name: /^正常/ }).waitFor();
  await until("values to be sent", async () => (await target()).status.sent > 100);
  await page.getByText("实时，无积压").waitFor();
  await accessible(page, "north");
});

test("a broker that is away shows, and gets everything when it is back", async () => {
  broker.kill("SIGKILL");
  await page.getByRole("cell", { name: /^正在连接/ }).waitFor();
  await page.getByText(/批，自/).waitFor();
  await accessible(page, "north-away");
  await startBroker();
  await page.getByRole("cell", { name: /^正常/ }).waitFor({ timeout: 60_000 });
  assert.equal((await target()).status.gaps, undefined);
});

test("switched off it sends nothing; in English too", async () => {
  await page.evaluate(() => localStorage.setItem("zhigai.lang", "en"));
  await page.reload();
  await page.getByRole("switch", { name: /^On / }).click();
  await page.getByText("What is measured while it is off is not sent later. Switch it off?").waitFor();
  await page.getByRole("button", { name: "Switch off" }).click();
  await page.getByRole("cell", { name: /^off/ }).waitFor();
  assert.equal((await target()).off, true);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "OK" }).click();
  await page.getByText("There are no targets. The data stay on this node.").waitFor();
});
