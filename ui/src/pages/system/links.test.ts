import { expect, test } from "vitest";
import type { LinkedNode, LinkStream } from "../../api/types";
import { backlogOf, troubles } from "./links";

const stream = (backlog: number, drain_seconds: number): LinkStream => ({ stream: "history", head: 10, delivered: 1, backlog, drain_seconds, gap_items: 0 });

test("the slowest stream says how long it takes, and one that grows that nobody knows", () => {
  expect(backlogOf([])).toEqual({ items: 0, seconds: 0 });
  expect(backlogOf([stream(5, 2), stream(7, 9), stream(0, -1)])).toEqual({ items: 12, seconds: 9 });
  expect(backlogOf([stream(5, -1), stream(7, 9)])).toEqual({ items: 12, seconds: -1 });
});

const outbox = { bytes: 1, limit_bytes: 10, used: 0.1, alarm: false, losing: false };
const party = (host: string) => ({ instance: host, host, address: "10.0.0.1" });
const node = (name: string, more: Partial<LinkedNode> = {}): LinkedNode => ({
  node: { id: name, name, enrolled: 1 }, connected: true, party: party(name), streams: [stream(0, 0)], outbox, ...more,
});

test("what somebody has to do something about is named, and what was wanted is not", () => {
  const conflict = { holder: party("mill"), refused: party("laptop") };
  expect(troubles({ hub: true, regions: [], nodes: [node("well"), node("gone", { node: { id: "g", name: "gone", enrolled: 1, revoked: 2 }, refused: "revoked" })] })).toEqual([]);
  expect(troubles({ hub: true, regions: [], nodes: [
    node("mill", { conflict, refused: "clone" }), node("old", { refused: "version", conflict }),
    node("full", { outbox: { ...outbox, used: 0.8, alarm: true } }), node("over", { outbox: { ...outbox, used: 1, alarm: true, losing: true }, streams: [{ ...stream(5, -1), gap_items: 7 }] }),
  ] })).toEqual([
    { kind: "clone", node: "mill", conflict }, { kind: "clone", node: "old", conflict }, { kind: "refused", node: "old", why: "version" }, { kind: "alarm", node: "full", used: 0.8 },
    { kind: "losing", node: "over", used: 1 }, { kind: "gap", node: "over", items: 7 },
  ]);
  expect(troubles({ hub: false, regions: [], nodes: [], parent: { parent: "nats://hub", name: "me", state: "refused", since: 1, refused: "revoked", streams: [], outbox } })).toEqual([{ kind: "refused", node: undefined, why: "revoked" }]);
});
