import { expect, test } from "vitest";
import type { ReportLine } from "../../api/reporting";
import { found, grouped, signed } from "./reports";

test("a difference always has its sign, and one that is too small to show is not none", () => {
  expect(signed(1.5, 2)).toBe("+1.50");
  expect(signed(-0.3, 1)).toBe("−0.3");
  expect(signed(0, 2)).toBe("0.00");
  expect(signed(0.0001, 2)).toBe("+<0.01");
  expect(signed(-0.0001, 2)).toBe("−<0.01");
  expect(signed(-3, 0)).toBe("−3");
});

test("periods stand by kind", () => {
  const of = (id: string, kind: "month" | "quarter" | "year") => ({ id, kind, year: 2022, from: 0, to: 0 });
  expect(grouped([of("2022-05", "month"), of("2022", "year"), of("2022-04", "month")])).toEqual([{ kind: "month", ids: ["2022-05", "2022-04"] }, { kind: "year", ids: ["2022"] }]);
});

test("lines are found by name, code, level and state", () => {
  const line = (region: string, name: string, level: string, state: string) => ({ region, name, level, state }) as ReportLine;
  const all = [line("330600", "浙江省 绍兴市", "city", "open"), line("330624", "浙江省 绍兴市 新昌县", "county", "draft")];
  expect(found(all, { q: "新昌" }).map((l) => l.region)).toEqual(["330624"]);
  expect(found(all, { q: "3306" })).toHaveLength(2);
  expect(found(all, { level: "city" }).map((l) => l.region)).toEqual(["330600"]);
  expect(found(all, { state: "draft", level: "city" })).toEqual([]);
});
