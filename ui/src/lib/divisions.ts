// Codes that stand below one another: divisions of GB/T 2260, classes of GB/T 4754.

/** An option of a tree of codes. */
export interface Branch { value: string; title: string; children?: Branch[] }

/** Codes as a tree, each below its parent where that is there. */
export function treeOf(items: { code: string; name: string; parent?: string }[]): Branch[] {
  const by = new Map(items.map((i) => [i.code, { value: i.code, title: `${i.code} ${i.name}` } as Branch]));
  const roots: Branch[] = [];
  for (const i of items) {
    const own = by.get(i.code)!;
    const above = i.parent ? by.get(i.parent) : undefined;
    if (above) (above.children ??= []).push(own);
    else roots.push(own);
  }
  return roots;
}

/** The whole code of a division by what it begins with: 330600 of 3306. */
export const codeOf = (region: string): string => region.padEnd(6, "0").slice(0, 6);

/** The divisions from the province down to the code itself: 330000, 330600, 330624. */
export function wayTo(code: string): string[] {
  const whole = codeOf(code);
  return [...new Set([`${whole.slice(0, 2)}0000`, `${whole.slice(0, 4)}00`, whole])];
}

/** What is counted at the next level below a division. */
export const below = (region: string | undefined): "province" | "city" | "county" | "member" => (!region ? "province" : codeOf(region).endsWith("0000") ? "city" : codeOf(region).endsWith("00") ? "county" : "member");
