// The board for the hall: big, coloured, always with glyph and word.

import type { Call } from "../api/production";
import type { Machine, Name } from "../api/types";
import { byLine, glyphs, lookOf, looks } from "../lib/states";
import { el, show } from "./dom";
import { ask } from "./node";
import { lang, words } from "./words";

const w = words[lang()];
const said = (n: Name): string => (lang() === "en" ? n.en || n.zh : n.zh);

function lasted(since: string): string {
  const s = Math.max(0, Math.floor((Date.now() - Date.parse(since)) / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
}

/** What a call is for, how long it waits, and who comes. */
function wanted(c: Call): (HTMLElement | string)[] {
  const at = c.steps[0]?.at ?? "";
  return [`! ${w[`call.${c.what}`]} `, Object.assign(el("time", {}, lasted(at)), { dateTime: at }), c.state === "accepted" ? ` · ${c.answerer ?? ""} ${w.comes}` : ""];
}

function cell(m: Machine, calls: Call[]): HTMLElement {
  const look = lookOf(m.state);
  return el("a", { className: `cell ${look}`, href: `/kiosk/stop/${m.id}` },
    el("b", {}, `${glyphs[look]} ${said(m.name)}`),
    el("span", {}, w[look], " ", Object.assign(el("time", {}, lasted(m.since)), { dateTime: m.since })),
    el("span", {}, m.reason ? said(m.reason.name) : (m.product ?? "")),
    ...calls.map((c) => el("span", { className: "wants" }, ...wanted(c))));
}

/** Paints the board of a scope and keeps it live. */
export function board(scope: string): void {
  const machines = new Map<string, Machine>();
  let calls: Call[] = [];
  const note = el("div", { className: "note", hidden: true }, w.broken);
  note.setAttribute("role", "alert");
  const head = el("header", {}, el("h1", {}, w.board));
  const body = el("main", {}, el("p", { style: "padding:16px" } as never, w.loading));
  show(head, note, body);
  const paint = () => {
    const all = [...machines.values()].filter((m) => !m.excluded);
    const count = looks.map((l) => el("span", { className: "count" }, `${glyphs[l]} ${w[l]}`, el("b", {}, String(all.filter((m) => lookOf(m.state) === l).length))));
    head.replaceChildren(el("h1", {}, w.board), ...count, el("span", { className: "fill" }), el("span", { className: "clock" }, new Date().toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false })));
    // A board in the hall is not scrolled: who is wanted stands first.
    body.replaceChildren(...calls.map((c) => el("p", { className: "wants" }, `${said(c.name)} · `, ...wanted(c))), ...byLine(all).flatMap((g) => [el("h2", {}, `${said(g.area)} / ${said(g.line)}`), el("div", { className: "grid" }, ...g.machines.map((m) => cell(m, calls.filter((c) => c.equipment === m.id))))]));
  };
  const stream = new EventSource(`/api/v1/live?scope=${encodeURIComponent(scope)}`);
  let beat = Date.now();
  const alive = () => { beat = Date.now(); note.hidden = true; };
  stream.addEventListener("beat", alive);
  stream.addEventListener("machines", (e) => {
    alive();
    for (const m of (JSON.parse((e as MessageEvent<string>).data) as { items: Machine[] }).items) machines.set(m.id, m);
    paint();
  });
  const look = () => ask<{ items: Call[] }>(`/calls?open=true&limit=200&scope=${encodeURIComponent(scope)}`).then((l) => { calls = l.items; }, () => undefined); // the note says when the node is silent
  void look();
  setInterval(() => void look(), 5_000);
  // Two beats missed: what stands here may no longer be true.
  setInterval(() => { note.hidden = Date.now() - beat < 22_000; if (machines.size) paint(); }, 1000);
}
