import { expect, test } from "vitest";
import { parameters, steps } from "./tenants";

test("parameters are read line by line, and a value may hold an equals sign", () => {
  expect(parameters("line = one\n\nnonsense\n=x\nurl=a=b")).toEqual({ line: "one", url: "a=b" });
});

test("what is deleted stays so, and leaving can be taken back", () => {
  expect(steps({ state: "deleted" })).toEqual([]);
  expect(steps({ state: "leaving" })).toEqual(["active"]);
  expect(steps({ state: "active" })).toEqual(["suspended", "leaving"]);
});
