// A real browser as a person in China has it, and what a machine can check of a
// page's accessibility.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const axeSource = await readFile(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });

export const person = { viewport: { width: 1366, height: 768 }, locale: "zh-CN", reducedMotion: "reduce", timezoneId: "Asia/Shanghai" };

/** A page of the node at base for somebody who has signed in and sees the board. */
export async function signedIn(browser, base, name, password) {
  const page = await (await browser.newContext({ ...person, acceptDownloads: true })).newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${base}/signin`);
  await signIn(page, name, password);
  await page.getByRole("heading", { level: 1, name: "设备总览" }).waitFor();
  return page;
}

/** Fills the form of the page of signing in and sends it. */
export async function signIn(page, name, password) {
  await page.getByLabel("用户名").or(page.getByLabel("登录名")).first().fill(name);
  await page.getByLabel("密码").fill(password);
  await page.keyboard.press("Enter");
}

const screens = new URL("../docs/screens/", import.meta.url).pathname;

/**
 * No violation of the rules that a machine can check. SHOTS is a folder for pictures of what was looked at; with
 * RENEW_SCREENS those that docs/screens has are made anew, under the name of the place or the one that is given.
 */
export async function accessible(page, where, screen) {
  // Colours are judged where they come to rest, not on their way.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity).map((a) => a.finished)));
  const picture = `${where.replaceAll(/\W+/g, "-")}.png`;
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, picture) });
  const shown = join(screens, screen ? `${screen}.png` : picture);
  if (process.env.RENEW_SCREENS && existsSync(shown)) await page.screenshot({ path: shown });
  await page.evaluate(axeSource);
  const found = await page.evaluate(async (tags) => {
    const r = await globalThis.axe.run(document, { runOnly: tags });
    return r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.any[0]?.message ?? ""}`).join(" | ")}`);
  }, rules);
  assert.deepEqual(found, [], `axe on ${where}`);
}
