import { expect, test } from "vitest";

type Texts = Record<string, string>;
const files = import.meta.glob<{ zh: Texts; en: Texts }>("./texts/*.ts", { eager: true });
const sources = import.meta.glob<string>("../**/*.{ts,tsx}", { eager: true, query: "?raw", import: "default" });

const holes = (s: string): string[] => [...s.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1] ?? "").sort();

test.each(Object.entries(files))("%s says the same in both languages", (_, texts) => {
  expect(Object.keys(texts.en).sort()).toEqual(Object.keys(texts.zh).sort());
  for (const [key, zh] of Object.entries(texts.zh)) {
    expect(zh, key).not.toBe("");
    expect(holes(texts.en[key] ?? ""), key).toEqual(holes(zh));
  }
});

test("every literal key that a page asks for exists", () => {
  const known = new Map(Object.entries(files).map(([file, t]) => [file.slice(file.lastIndexOf("/") + 1, -3), new Set(Object.keys(t.zh))]));
  const missing: string[] = [];
  for (const [file, text] of Object.entries(sources)) {
    if (file.includes(".test.")) continue;
    const spaces = [...text.matchAll(/useTranslation\("(\w+)"\)/g)].map((m) => m[1] ?? "");
    for (const m of text.matchAll(/\bt\("([^"$]+)"/g)) {
      const full = m[1] ?? "";
      const [space, key] = full.includes(":") ? (full.split(":", 2) as [string, string]) : ["", full];
      const homes = space ? [space] : [...spaces, "common"];
      if (!homes.some((h) => known.get(h)?.has(key))) missing.push(`${file}: ${full}`);
    }
  }
  expect(missing).toEqual([]);
});
