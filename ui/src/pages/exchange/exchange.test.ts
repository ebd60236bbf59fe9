import { expect, test } from "vitest";
import type { Line } from "../../api/exchange";
import { base64, fresh, resultOf, written } from "./exchange";

test("a partner goes back without what the API says of it and what its way does not need", () => {
  const counts = { received: 0, refused: 0, queued: 0, dead: 0, done: 1, acknowledged: 0 };
  expect(written({ ...fresh, id: "erp", rev: 2, way: "folder", url: "x", secret: "s", schema: "erp", own: "", counts, silent: true, has_secret: true })).toEqual({ ...fresh, id: "erp", rev: 2, way: "folder" });
  expect(written({ ...fresh, way: "database", url: "postgres://h/d", schema: "erp", own: "schema: …" })).toEqual({ ...fresh, way: "database", url: "postgres://h/d", schema: "erp", own: "schema: …", mapping: "" });
});

test("a sample travels as it was pasted", () => {
  expect(base64("{\"名\": 1}")).toBe("eyLlkI0iOiAxfQ==");
});

test("a difference that a message explains is not open", () => {
  const line = (equal: boolean, ...causes: Line["causes"][number]["cause"][]): Line => ({ number: "A", equal, causes: causes.map((cause) => ({ cause })) });
  expect(resultOf(line(true))).toBe("equal");
  expect(resultOf(line(false, "underway", "not_theirs"))).toBe("explained");
  expect(resultOf(line(false, "booked_otherly"))).toBe("differs");
  expect(resultOf(line(false))).toBe("differs");
});
