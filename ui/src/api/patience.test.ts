import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, api } from "./client";
import { longestWait, pauseOf, putOff } from "./patience";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each([
  [429, "GET", "1", 1, 0, 1000],
  [429, "POST", "3", 1, 0, 3000],
  [429, "GET", "1", 2, 0, 2000],
  [503, "GET", "10", 1, 0, 10_000],
  [503, "POST", "10", 1, 0, undefined], // it may have been done
  [503, "GET", null, 1, 0, undefined],
  [429, "GET", "soon", 1, 0, undefined],
  [429, "GET", "1", 3, 0, undefined],
  [429, "GET", "600", 1, 0, undefined],
  [503, "GET", "10", 2, 10_000, undefined],
  [500, "GET", "1", 1, 0, undefined],
])("%d to %s, come again after %s, attempt %d", (status, method, after, attempt, waited, want) => {
  expect(pauseOf(status, method, after, attempt, waited, 0)).toBe(want);
});

test("not all come back at once", () => expect(pauseOf(429, "GET", "4", 1, 0, 1)).toBe(5000));

const busy = () => new Response(JSON.stringify({ code: "unavailable", detail: "too many" }), { status: 429, headers: { "Retry-After": "1", "Content-Type": "application/problem+json" } });

test("a question that was put off is asked again, and pages see it", async () => {
  const asked = vi.fn<() => Promise<Response>>().mockResolvedValueOnce(busy()).mockResolvedValueOnce(new Response(`{"n":1}`));
  vi.stubGlobal("fetch", asked);
  const seen: number[] = [];
  const stop = putOff.watch(() => seen.push(putOff.now()));
  const answer = api.get<{ n: number }>("/x");
  await vi.advanceTimersByTimeAsync(900);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(putOff.now()).toBe(1);
  await vi.advanceTimersByTimeAsync(longestWait);
  expect(await answer).toEqual({ n: 1 });
  expect(seen).toEqual([1, 0]);
  stop();
});

test("who is put off again and again is told at last", async () => {
  const asked = vi.fn(() => Promise.resolve(busy()));
  vi.stubGlobal("fetch", asked);
  const answer = api.get("/x").catch((err: unknown) => err);
  await vi.advanceTimersByTimeAsync(2 * longestWait);
  const err = await answer;
  expect(err).toBeInstanceOf(ApiError);
  expect((err as ApiError).code).toBe("unavailable");
  expect((err as ApiError).waited).toBe(true);
  expect(asked).toHaveBeenCalledTimes(3);
  expect(putOff.now()).toBe(0);
});

test("a question that is given up does not wait", async () => {
  vi.stubGlobal("fetch", vi.fn(() => Promise.resolve(busy())));
  const c = new AbortController();
  const answer = api.get("/x", {}, c.signal).catch((err: unknown) => err);
  await vi.advanceTimersByTimeAsync(100);
  c.abort();
  expect(await answer).toBe(c.signal.reason);
  expect(putOff.now()).toBe(0);
});
