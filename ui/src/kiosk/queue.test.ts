import { expect, test } from "vitest";
import type { Entry, JobHead } from "../api/production";
import { type Answer, atHand, type Body, type Item, type NewItem, project, Queue, type Shelf } from "./queue";

/** A disk that outlives the page. */
function disk(): Shelf & { rows: Item[] } {
  let next = 1;
  const d = {
    rows: [] as Item[],
    add: async (item: Omit<Item, "n">) => { const kept = { ...item, n: next++ }; d.rows.push(kept); return kept; },
    all: async () => [...d.rows],
    put: async (item: Item) => { d.rows = d.rows.map((r) => (r.n === item.n ? item : r)); },
    remove: async (n: number) => { d.rows = d.rows.filter((r) => r.n !== n); },
  };
  return d;
}

/** A node that takes each key of a sender once, behind a network that can be cut before or after it hears. */
function node() {
  const n = {
    up: true, deaf: false, mute: false, taken: [] as Entry[], refuse: (_: Entry): string | undefined => undefined,
    send: async (said: Body): Promise<Answer> => {
      await Promise.resolve();
      const body = said as Entry; // what is done with both is the same
      if (!n.up) return "silence";
      if (n.deaf) return "signin";
      const why = n.taken.some((t) => t.key === body.key) ? undefined : n.refuse(body);
      if (why) return { refused: why };
      if (!n.taken.some((t) => t.key === body.key)) n.taken.push(body);
      return n.mute ? "silence" : "taken";
    },
  };
  return n;
}

let keys = 0;
const said = (good: number, by = "op"): NewItem => ({ key: `k${++keys}`, by, machine: "m", order: "o", number: "MO-1", at: `2026-11-29T08:00:${String(keys % 60).padStart(2, "0")}Z`, entry: { job: 10, what: "count", good } });
const goods = (n: { taken: Entry[] }) => n.taken.map((t) => t.good);

test("with a network an entry is sent at once, without a time, and not kept", async () => {
  const [d, n] = [disk(), node()];
  const q = new Queue(d, n.send, "op", () => undefined);
  expect(await q.say(said(1))).toBeUndefined();
  expect([n.taken[0]?.at, d.rows.length]).toEqual([undefined, 0]);
});

test("a call and a measurement wait in line with the entries around it", async () => {
  const [d, n] = [disk(), node()];
  const q = new Queue(d, n.send, "op", () => undefined);
  n.up = false;
  await q.say(said(1));
  const { entry: _, ...call } = said(0);
  const { entry: __, ...measured } = said(0);
  await q.say({ ...call, call: { what: "quality", equipment: "m", order: "MO-1", job: 10 } });
  await q.say({ ...measured, measured: { characteristic: "c", code: "3.1", values: { values: [30.01], order: "MO-1" } } });
  await q.say(said(2));
  expect(project([], q.waiting(), "m")).toEqual([]);
  n.up = true;
  await q.flush();
  expect(n.taken.map((t) => t.what)).toEqual(["count", "quality", undefined, "count"]);
  expect(n.taken[2]).toMatchObject({ values: [30.01], order: "MO-1", key: measured.key, at: measured.at });
  expect(n.taken[1]).toMatchObject({ equipment: "m", order: "MO-1", key: call.key, at: call.at });
});

test("a cut of ten minutes loses nothing, keeps the order and says when it was done", async () => {
  const [d, n] = [disk(), node()];
  const q = new Queue(d, n.send, "op", () => undefined);
  n.up = false;
  for (let i = 1; i <= 40; i++) await q.say(said(i));
  expect(q.waiting().length).toBe(40);
  await q.flush();
  expect(n.taken).toEqual([]);
  n.up = true;
  await q.flush();
  expect(goods(n)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  expect(n.taken.every((t) => t.at !== undefined && t.key !== undefined)).toBe(true);
  expect([q.waiting(), d.rows]).toEqual([[], []]);
});

test("an answer that was lost books nothing twice", async () => {
  const [d, n] = [disk(), node()];
  const q = new Queue(d, n.send, "op", () => undefined);
  n.mute = true;
  await q.say(said(1));
  await q.flush();
  n.mute = false;
  await q.flush();
  expect([goods(n), d.rows]).toEqual([[1], []]);
});

test("what was kept is sent after a restart of the panel", async () => {
  const [d, n] = [disk(), node()];
  n.up = false;
  await new Queue(d, n.send, "op", () => undefined).say(said(1));
  n.up = true;
  const q = new Queue(d, n.send, "op", () => undefined);
  await q.open();
  await q.flush();
  expect([goods(n), d.rows]).toEqual([[1], []]);
});

test("what the node refuses at once is told and not kept; later, it stays until somebody has read it", async () => {
  const [d, n] = [disk(), node()];
  const q = new Queue(d, n.send, "op", () => undefined);
  n.refuse = (e) => (e.good === 1 ? "no skill" : undefined);
  expect(await q.say(said(1))).toBe("no skill");
  expect(d.rows).toEqual([]);
  n.up = false;
  await q.say(said(1));
  await q.say(said(2));
  n.up = true;
  await q.flush();
  expect(goods(n)).toEqual([2]);
  expect(q.refused().map((i) => i.refused)).toEqual(["no skill"]);
  await q.dismiss(q.refused()[0]?.n ?? 0);
  expect(d.rows).toEqual([]);
});

test("entries wait for whoever made them: another's key would be another entry", async () => {
  const [d, n] = [disk(), node()];
  n.up = false;
  await new Queue(d, n.send, "op", () => undefined).say(said(1));
  n.up = true;
  const other = new Queue(d, n.send, "li", () => undefined);
  await other.open();
  await other.flush();
  expect([n.taken, other.foreign().length, other.waiting().length]).toEqual([[], 1, 0]);
});

test("a session that ended keeps all until somebody signs in", async () => {
  const [d, n] = [disk(), node()];
  const q = new Queue(d, n.send, "op", () => undefined);
  n.deaf = true;
  await q.say(said(1));
  await q.say(said(2));
  n.deaf = false;
  await q.flush();
  expect(goods(n)).toEqual([1, 2]);
});

test("whatever the network does, every entry is booked once and in order", async () => {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const [d, n] = [disk(), node()];
  let q = new Queue(d, n.send, "op", () => undefined);
  const sent: number[] = [];
  for (let i = 1; i <= 500; i++) {
    n.up = random() < 0.6;
    n.mute = random() < 0.2;
    if (random() < 0.7) {
      sent.push(i);
      void q.say(said(i)).catch(() => undefined);
      if (random() < 0.5) await q.flush();
    } else await q.flush();
    await q.dismiss(0);
    if (random() < 0.05) {
      await new Promise((r) => setTimeout(r, 0)); // what was said is on the disk
      q = new Queue(d, n.send, "op", () => undefined);
      await q.open();
    }
  }
  await new Promise((r) => setTimeout(r, 0));
  n.up = true;
  n.mute = false;
  await q.flush();
  expect(goods(n)).toEqual(sent);
  expect(d.rows).toEqual([]);
});

const job = (no: number, state: JobHead["state"], equipment = "m"): JobHead => ({
  order: "o", number: "MO-1", product: "p", revision: 1, priority: 50, due: "2026-12-01T00:00:00Z", place: "w", no, name: { zh: "车" }, state, since: `2026-11-29T0${no % 9}:00:00Z`,
  quantity: 10, crew: 1, equipment, operators: [], made: { good: 2, scrap: 0, rework: 0, counted: 2, typed: 0 },
});
const item = (no: number, entry: Partial<Entry>): Item => ({ ...said(0), n: no, late: true, entry: { job: no, what: "job", ...entry } });

test("the operator sees what waits as if it were done", () => {
  const got = project([job(10, "running"), job(20, "waiting")], [
    item(10, { what: "count", scrap: 1, counted: true }), item(20, { what: "operator", person: "wang", on: true }), item(20, { command: "run" }), item(10, { command: "complete" }),
  ], "m");
  expect(got.map((j) => [j.no, j.state, j.operators])).toEqual([[20, "running", ["wang"]]]);
  const counted = project([job(10, "running")], [item(10, { what: "count", scrap: 1, counted: true })], "m")[0];
  expect([counted?.made.good, counted?.made.scrap]).toEqual([1, 1]);
});

test("the job at hand is the one that runs, or the last that was begun", () => {
  expect(atHand([job(1, "suspended"), job(2, "running")], "m")?.no).toBe(2);
  expect(atHand([job(1, "suspended"), job(3, "held"), job(4, "waiting")], "m")?.no).toBe(3);
  expect(atHand([job(1, "running", "other")], "m")).toBeUndefined();
});
