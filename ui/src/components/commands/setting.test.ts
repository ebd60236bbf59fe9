import { expect, test } from "vitest";
import type { SetPoint } from "../../api/types";
import { moodOf, obstacle, settingOf, settingText } from "./setting";

const words = { on: "开", off: "关" };
const point: SetPoint = { signal: "feed.override", title: { zh: "进给倍率" }, kind: "number", unit: "%", here: true, contact: true, enabled: true };

test("a value reads as its kind", () => {
  expect(settingText({ number: 80 }, point, "zh", words)).toBe("80 %");
  expect(settingText({ number: 1 }, { kind: "boolean" }, "zh", words)).toBe("开");
  expect(settingText({ number: 0 }, { kind: "boolean" }, "zh", words)).toBe("关");
  expect(settingText({ number: 2 }, { kind: "enumeration", values: { "2": { zh: "自动", en: "auto" } } }, "en", words)).toBe("auto (2)");
  expect(settingText({ text: "A-1" }, { kind: "text" }, "zh", words)).toBe("A-1");
  expect(settingText(undefined, point, "zh", words)).toBe("—");
});

test("only a good value is one to decide on", () => {
  expect(settingOf({ tag: 1, time: "", value: 80, quality: "good" })).toEqual({ number: 80 });
  expect(settingOf({ tag: 1, time: "", text: "", quality: "good" })).toEqual({ text: "" });
  expect(settingOf({ tag: 1, time: "", value: 80, quality: "bad:stale" })).toBeUndefined();
  expect(settingOf(undefined)).toBeUndefined();
});

test("what hinders is said, the most lasting first", () => {
  expect(obstacle(point, true)).toBeUndefined();
  expect(obstacle({ ...point, open: "01" }, true)).toBe("busy");
  expect(obstacle({ ...point, contact: false, open: "01" }, true)).toBe("contact.none");
  expect(obstacle({ ...point, contact: false }, false)).toBe("right.none");
  expect(obstacle({ ...point, enabled: false }, false)).toBe("off");
  expect(obstacle({ ...point, here: false, enabled: false }, false)).toBe("elsewhere");
});

test("an outcome that wants somebody to go and look is no success", () => {
  expect(moodOf("confirmed")).toBe("success");
  expect(["unknown", "mismatched"].map((s) => moodOf(s as "unknown"))).toEqual(["error", "error"]);
  expect(["rejected", "failed", "expired"].map((s) => moodOf(s as "failed"))).toEqual(["warning", "warning", "warning"]);
});
