import { expect, test } from "vitest";
import { Hub, type Source, type ToPage } from "./hub";

class FakeSource implements Source {
  readonly handlers = new Map<string, ((e: { data: string }) => void)[]>();
  closed = false;
  constructor(readonly url: string) {}
  addEventListener(name: string, f: (e: { data: string }) => void) {
    this.handlers.set(name, [...(this.handlers.get(name) ?? []), f]);
  }
  emit(name: string, data: unknown) {
    for (const f of this.handlers.get(name) ?? []) f({ data: JSON.stringify(data) });
  }
  close() {
    this.closed = true;
  }
}

function bench() {
  const opened: FakeSource[] = [];
  let now = 1000;
  let tick: () => void = () => undefined;
  const hub = new Hub({
    open: (url) => {
      const s = new FakeSource(url);
      opened.push(s);
      return s;
    },
    now: () => now,
    every: (f) => (tick = f),
  });
  return { hub, opened, pass: (ms: number) => { now += ms; tick(); } };
}

const machine = (id: string) => ({ id, path: id });

test("pages share one stream and a late one gets the whole picture", () => {
  const { hub, opened } = bench();
  const a: ToPage[] = [];
  const b: ToPage[] = [];
  hub.join((m) => a.push(m));
  opened[0]?.emit("machines", { items: [machine("1"), machine("2")] });
  opened[0]?.emit("machines", { items: [machine("2")] });
  hub.join((m) => b.push(m));
  expect(opened).toHaveLength(1);
  expect(a.filter((m) => m.kind === "machines").map((m) => m.full)).toEqual([true, false]);
  const first = b.find((m) => m.kind === "machines");
  expect(first?.items.map((m) => m.id)).toEqual(["1", "2"]);
});

test("silence of more than two beats is told, once heard again it is over", () => {
  const { hub, opened, pass } = bench();
  const got: ToPage[] = [];
  hub.join((m) => got.push(m));
  opened[0]?.emit("beat", {});
  pass(15_000);
  expect(got.at(-1)).toEqual({ kind: "line", up: true, since: 1000 });
  pass(10_000);
  expect(got.at(-1)).toMatchObject({ kind: "line", up: false, since: 1000 });
  expect(opened).toHaveLength(2);
  opened[1]?.emit("beat", {});
  expect(got.at(-1)).toMatchObject({ kind: "line", up: true });
});

test("a machine's stream is open while somebody looks at it, and never too many", () => {
  const { hub, opened } = bench();
  const pages = ["a", "b", "c"].map((id) => {
    const got: ToPage[] = [];
    const page = (m: ToPage) => void got.push(m);
    hub.join(page);
    hub.hear(page, { kind: "watch", machine: id });
    return { got, page };
  });
  expect(opened.map((s) => s.url)).toEqual(["/api/v1/live", "/api/v1/live?machine=a", "/api/v1/live?machine=b"]);
  opened[1]?.emit("values", { items: [{ tag: 7, time: "", value: 1, quality: "good" }] });
  expect(pages[0]?.got.some((m) => m.kind === "values")).toBe(true);
  expect(pages[1]?.got.some((m) => m.kind === "values")).toBe(false);
  const first = pages[0];
  if (first) hub.hear(first.page, { kind: "watch", machine: null });
  expect(opened[1]?.closed).toBe(true);
  expect(opened.at(-1)?.url).toBe("/api/v1/live?machine=c");
});
