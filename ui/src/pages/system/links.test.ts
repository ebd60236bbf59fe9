import { expect, test } from "vitest";
import type { LinkStream } from "../../api/types";
import { backlogOf } from "./links";

const stream = (backlog: number, drain_seconds: number): LinkStream => ({ stream: "history", head: 10, delivered: 1, backlog, drain_seconds });

test("the slowest stream says how long it takes, and one that grows that nobody knows", () => {
  expect(backlogOf([])).toEqual({ items: 0, seconds: 0 });
  expect(backlogOf([stream(5, 2), stream(7, 9), stream(0, -1)])).toEqual({ items: 12, seconds: 9 });
  expect(backlogOf([stream(5, -1), stream(7, 9)])).toEqual({ items: 12, seconds: -1 });
});
