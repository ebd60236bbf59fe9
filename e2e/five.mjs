// Five nodes of one command, as a newcomer starts them: province, city, county,
// a platform of plants, and one plant with a node of its own.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { person, signIn } from "./browser.mjs";
import { bin } from "./demo.mjs";

/** Starts the command and waits for its word; a node that ends is told with its log. The past is long enough for the day before yesterday to be whole. */
export async function standUp(dir, firms, plants) {
  const child = spawn(bin, ["province", "--data", join(dir, "nodes"), "--firms", String(firms), "--plants", String(plants), "--past", "3", "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  const stop = async () => {
    if (child.exitCode !== null) return;
    child.kill("SIGTERM");
    await new Promise((r) => child.once("exit", r));
  };
  const nodes = {};
  let said = "";
  child.stderr.on("data", (d) => { said = (said + d).slice(-4000); });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, node, page, title] = /^(\w+)\s+(http:\S+)\s.*\s(\S+)$/.exec(line) ?? [];
    if (node) nodes[node] = { page, title };
    if (line === "ready") return { nodes, stop };
  }
  throw new Error(`the five nodes are not ready: ${said}`);
}

/** A page of somebody who signed in. */
export async function browse(browser, base, name, password, at) {
  const page = await (await browser.newContext({ ...person, viewport: { width: 1440, height: 900 } })).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${base}/signin`);
  await signIn(page, name, password);
  await page.getByRole("navigation").first().waitFor();
  if (at) await page.goto(base + at);
  return page;
}
