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

export async function ask<T>(path: string, body?: unknown): Promise<T> {
  const res = await fetch(`/api/v1${path}`, {
    method: body === undefined ? "GET" : "POST", credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-Zhigai": "1" }, body: body === undefined ? null : JSON.stringify(body),
  });
  if (res.status === 401) throw new Unauthorized();
  const said = (await res.json()) as T & { detail?: string };
  if (!res.ok) throw new Error(said.detail ?? res.statusText);
  return said;
}

export class Unauthorized extends Error {}
