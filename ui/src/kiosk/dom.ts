// Building elements without a library; text never becomes markup.

type Child = Node | string | undefined;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, props: Partial<HTMLElementTagNameMap[K]> = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const node = Object.assign(document.createElement(tag), props);
  for (const c of children) if (c !== undefined) node.append(c);
  return node;
}

export function show(...children: Child[]): void {
  const root = document.getElementById("root");
  root?.replaceChildren(...children.filter((c): c is Node | string => c !== undefined));
}
