import { expect, test } from "vitest";
import { dayOfMicros, microsOfDay, shownValue, storedValue, valueKinds } from "./ledgers";

test("a day goes to its instant and back", () => {
  for (const day of ["2018-01-01", "2020-02-29", "2024-12-31"]) expect(dayOfMicros(microsOfDay(day))).toBe(day);
  for (const bad of ["", "2019-02-29", "2020-13-01", "2020/1/1", "x"]) expect(microsOfDay(bad)).toBeUndefined();
});

test("every stored value is shown and stored again as it was", () => {
  for (const kind of valueKinds) for (const n of [0, 1, 99, 123_456_789]) expect(storedValue(shownValue(n, kind), kind)).toBe(n);
});
