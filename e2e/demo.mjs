// Starts the demo as a user would and waits until its machines are live.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Polls until check gives something true; fails loudly after the limit. */
export async function until(what, check, limitMs = 60_000) {
  const end = Date.now() + limitMs;
  let last;
  while (Date.now() < end) {
    try {
      const got = await check();
      if (got) return got;
    } catch (err) {
      last = err;
    }
    await new Promise((r) => setTimeout(r, 150));
  }
  throw new Error(`waited too long for ${what}${last ? `: ${last}` : ""}`);
}

export const bin = process.env.ZHIGAI_BIN ?? new URL("../bin/zhigai", import.meta.url).pathname;

/** data: a folder to run on and to keep; a new one that goes away without it. */
export async function startDemo(data, ...more) {
  const dir = await mkdtemp(join(tmpdir(), "zhigai-e2e-"));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const tokenFile = join(dir, "token");
  const child = spawn(bin, ["run", "--demo", "--data", data ?? join(dir, "data"), "--listen", `127.0.0.1:${port}`, "--admin-token", tokenFile, ...more], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (d) => { log = (log + d).slice(-8000); });
  const send = async (method, path, body, headers = {}) => {
    const token = (await readFile(tokenFile, "utf8")).trim();
    const res = await fetch(base + path, { method, headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...headers }, ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }) });
    if (!res.ok) throw new Error(`${path}: ${res.status} ${await res.text()}`);
    return res.json();
  };
  const api = (path) => send("GET", path);
  const stop = async () => {
    child.kill("SIGTERM");
    await new Promise((r) => child.once("exit", r));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await until("40 live machines", async () => {
      if (child.exitCode !== null) throw new Error(`the demo ended: ${log}`);
      const { items } = await api("/api/v1/equipment?limit=1000");
      return items.filter((m) => m.state.code !== "UNKNOWN").length >= 40;
    }, 240_000);
  } catch (err) {
    await stop();
    throw err;
  }
  return { base, api, send, stop };
}
