// Starts nodes of their own, without the demo plant, and links them.
import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bin, freePort, until } from "./demo.mjs";

const run = promisify(execFile);

/** A node on the folder dir/name; its API token is an administrator's. */
export async function startNode(dir, name, ...more) {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const data = join(dir, name);
  const tokenFile = join(dir, `${name}.token`);
  const child = spawn(bin, ["run", "--data", data, "--listen", `127.0.0.1:${port}`, "--mqtt", "127.0.0.1:0", "--admin-token", tokenFile, ...more], { stdio: ["ignore", "ignore", "pipe"] });
  const node = { base, data, token: "", log: "" };
  child.stderr.on("data", (d) => { node.log = (node.log + d).slice(-20_000); });
  const gone = new Promise((r) => child.once("exit", r));
  node.stop = async (signal = "SIGTERM") => {
    child.kill(signal);
    await gone;
  };
  node.api = async (path, init = {}) => {
    const res = await fetch(base + path, { ...init, headers: { Authorization: `Bearer ${node.token}`, ...init.headers } });
    if (!res.ok) throw new Error(`${path}: ${res.status}: ${await res.text()}`);
    return res.status === 204 ? undefined : res.json();
  };
  try {
    await until(`${name} to answer`, async () => {
      if (child.exitCode !== null) throw new Error(`${name} ended: ${node.log}`);
      node.token = (await readFile(tokenFile, "utf8")).trim();
      return node.api("/api/v1/health");
    }, 30_000);
  } catch (err) {
    await node.stop("SIGKILL");
    throw err;
  }
  return node;
}

/** Makes a key known to the hub; gives what a node needs to connect with it. */
export async function enrol(hub, dir, name, parent) {
  const key = join(dir, `${name}.key`);
  const { stdout } = await run(bin, ["node", "invite", name, "--data", hub.data]);
  await run(bin, ["enrol", stdout.trim(), "--parent", parent, "--node-key", key]);
  return ["--parent", parent, "--node-key", key];
}
