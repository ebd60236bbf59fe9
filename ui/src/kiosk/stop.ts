// Two touches: the machine on the board, then the reason here.

import type { Machine, Name, StopReason } from "../api/types";
import { lookOf } from "../lib/states";
import { el, show } from "./dom";
import { ask } from "./node";
import { lang, words } from "./words";

const w = words[lang()];
const said = (n: Name): string => (lang() === "en" ? n.en || n.zh : n.zh);

const away = () => el("a", { href: "/kiosk/andon/", className: "plain link" }, w.back);

/** Asks why a machine stands; the answer holds until it runs again. */
export async function stop(id: string): Promise<void> {
  const [machine, reasons] = await Promise.all([ask<Machine>(`/equipment/${id}`), ask<{ items: StopReason[] }>("/stop-reasons")]);
  const head = el("header", {}, el("h1", {}, `${said(machine.name)} · ${lookOf(machine.state) === "run" ? w.running : w.why}`), el("span", { className: "fill" }), el("a", { href: `/kiosk/machine/${id}`, className: "plain link" }, w.jobs), away());
  const status = el("p", { style: "padding:0 16px;font-size:20px" } as never);
  status.setAttribute("role", "status");
  if (lookOf(machine.state) === "run") {
    show(head);
    return;
  }
  const give = async (r: StopReason) => {
    try {
      await ask("/stops", { equipment: id, from: machine.since, reason: r.id });
      status.textContent = `${w.thanks}: ${said(r.name)}`;
      setTimeout(() => location.assign("/kiosk/andon/"), 1200);
    } catch (err) {
      status.textContent = w.failed + (err instanceof Error ? err.message : String(err));
    }
  };
  const grid = el("div", { className: "reasons" }, ...reasons.items.filter((r) => !r.group).map((r) => el("button", { type: "button", onclick: () => void give(r) }, said(r.name))));
  show(head, status, el("main", {}, grid));
}
