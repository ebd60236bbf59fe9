import { expect, test } from "vitest";
import { bars, dearest, inOrder } from "./look";

test("the bars of a waterfall hang on one another and end at what came out", () => {
  const all = bars(100, [{ loss: "breakdown", parts: 30, ms: 3 }, { loss: "setup", parts: 0, ms: 0 }, { loss: "speed", parts: -5, ms: -1 }, { loss: "scrap", parts: 2, ms: 0 }], 73);
  expect(all.map((b) => [b.key, b.from, b.to])).toEqual([["possible", 0, 100], ["breakdown", 100, 70], ["speed", 70, 75], ["scrap", 75, 73], ["good", 0, 73]]);
});

test("what would give most is what can be mended", () => {
  expect(dearest([{ loss: "unknown", parts: 90, ms: 1 }, { loss: "planned", parts: 80, ms: 1 }, { loss: "starved", parts: 7, ms: 1 }, { loss: "setup", parts: 9, ms: 1 }])?.loss).toBe("setup");
  expect(dearest([{ loss: "speed", parts: -3, ms: -1 }])).toBeUndefined();
});

test("stations stand behind what feeds them, and a circle does not hang", () => {
  const of = (codes: string, links: [string, string][]) => inOrder([...codes].map((code) => ({ code })), links.map(([from, to]) => ({ from, to }))).map((s) => s.code).join("");
  expect(of("cab", [["a", "b"], ["b", "c"]])).toBe("abc");
  expect(of("dabc", [["a", "c"], ["b", "c"], ["c", "d"]])).toBe("abcd");
  expect(of("ab", [["a", "b"], ["b", "a"]])).toHaveLength(2);
});
