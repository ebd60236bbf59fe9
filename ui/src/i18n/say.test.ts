import { expect, test } from "vitest";
import { speaker } from "./say";

const say = speaker({
  "access: not found": "未找到",
  "%w: node %s": "{1}：节点 {2}",
  "%s is outside": "{1} 超出范围",
  "%w: %s is %s": "{1}：{2} 的状态为 {3}",
  "tag name %q is taken": "信号名 {1} 已占用",
  "%d subgroups; limits are made of %d at least": "只有 {1} 个子组；控制限至少要 {2} 个",
  "%q is no signal of %s; choose one of the machine's": "{2} 没有信号 {1}；请选设备自己的信号",
  "%.1f %% are used": "已用 {1}%",
  "spc: not possible": "无法计算",
  "expected object {piece}": "应为对象 {piece}",
});

test("sentences are found by their formats, and their holes filled in the order of the language", () => {
  expect(say('"speed \\"x\\"" is no signal of lathe; choose one of the machine\'s')).toBe('lathe 没有信号 "speed \\"x\\""；请选设备自己的信号');
  expect(say("3 subgroups; limits are made of 5 at least")).toBe("只有 3 个子组；控制限至少要 5 个");
  expect(say("12.5 % are used")).toBe("已用 12.5%");
  expect(say("expected object {piece}")).toBe("应为对象 {piece}");
});

test("sentences within sentences are said too, kinds of errors before a colon, and what rooms call themselves is left out", () => {
  expect(say("access: not found: node 01AB")).toBe("未找到：节点 01AB");
  expect(say("quality: not valid: speed: 3 subgroups; limits are made of 5 at least")).toBe("speed：只有 3 个子组；控制限至少要 5 个");
  expect(say("spc: not possible")).toBe("无法计算");
  expect(say("access: not found: order is closed")).toBe("未找到：order 的状态为 closed");
  expect(say("target: not valid: order is closed")).toBe("order is closed"); // too little to be sure of
  expect(say('plant.yaml:3:5: tag name "x" is taken')).toBe('plant.yaml:3:5: 信号名 "x" 已占用');
  expect(say("speed is outside\naccess: not found: something else")).toBe("speed 超出范围\n未找到：something else");
});

test("what is in no book stays as it is, a number is not taken for a text", () => {
  expect(say("something that nobody wrote down")).toBe("something that nobody wrote down");
  expect(say("many subgroups; limits are made of 5 at least")).toBe("many subgroups; limits are made of 5 at least");
  expect(say("12 bar")).toBe("12 bar");
});
