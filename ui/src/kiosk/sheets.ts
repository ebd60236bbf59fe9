// The second touch: what an action still needs to know.

import type { Call, JobHead, Made, Segment } from "../api/production";
import { holds, pauseReasons, scrapReasons } from "../lib/reasons";
import { el } from "./dom";
import { fileOf } from "./files";
import type { Acts, Operator } from "./machine";
import type { Item } from "./queue";
import { jobWords, lang, reasonWords } from "./words";

const w = jobWords[lang()];
const why = reasonWords[lang()];

export interface Sheet { title: string; body: HTMLElement[] }

const choice = (text: string, onclick: () => void) => el("button", { type: "button", className: "act", onclick }, text);
const grid = (...children: HTMLElement[]) => el("div", { className: "choices" }, ...children);

/** What is in the way is told to the planner as a hold, what was meant to be as a pause. */
export const asksPause = (acts: Acts, j: JobHead): Sheet => ({
  title: w.why, body: [grid(...pauseReasons.map((reason) => choice(why[reason], () => acts.enter(j, { what: "job", command: holds.includes(reason) ? "hold" : "pause", reason }))))],
});

export const asksFinish = (acts: Acts, j: JobHead, m: Made): Sheet => ({
  title: `${w.complete} ${j.number} · ${j.no}`,
  body: [el("p", { className: "big" }, `${w.good} ${m.good} / ${j.quantity} · ${w.scrap} ${m.scrap} · ${w.rework} ${m.rework}`), grid(choice(w.sure, () => acts.enter(j, { what: "job", command: "complete" })))],
});

const counts = [1, 2, 5, 10, 20, 50, 100, 500] as const;

export function asksCount(acts: Acts, j: JobHead): Sheet {
  const own = el("input", { type: "number", min: "1", inputMode: "numeric", className: "own" });
  own.setAttribute("aria-label", w.howMany);
  const give = (good: number) => { if (Number.isInteger(good) && good > 0) acts.enter(j, { what: "count", good }); };
  return { title: w.howMany, body: [grid(...counts.map((n) => choice(`+${n}`, () => give(n)))), el("div", { className: "row" }, own, choice(w.enter, () => give(Number(own.value))))] };
}

/** A touch on the reason scraps one part; the number may be changed before. */
export function asksScrap(acts: Acts, j: JobHead, counts: boolean): Sheet {
  let n = 1;
  const shown = el("b", { className: "stepper" }, "1");
  const step = (by: number) => { n = Math.max(1, n + by); shown.textContent = String(n); };
  const box = el("input", { type: "checkbox", checked: counts });
  return {
    title: w.whyScrap,
    body: [
      el("div", { className: "row" }, choice("−10", () => step(-10)), choice("−1", () => step(-1)), shown, choice("+1", () => step(1)), choice("+10", () => step(10)), el("label", { className: "check" }, box, w.fromGood)),
      grid(...scrapReasons.map((r) => choice(why[r], () => acts.enter(j, { what: "count", scrap: n, reason: r, ...(box.checked ? { counted: true } : {}) })))),
    ],
  };
}

export const asksOther = (acts: Acts, now: JobHead, j: JobHead): Sheet => ({
  title: `${w.other} ${now.number} · ${now.no}`,
  body: [grid(
    choice(w.completeAnd, () => void acts.begin(j, { j: now, command: "complete" })), choice(w.pauseAnd, () => void acts.begin(j, { j: now, command: "pause" })), choice(w.together, () => void acts.begin(j)))],
});

/** How far a call came, with who comes. */
export const callState = (c: Call): string => (c.state === "accepted" ? `${c.answerer ?? ""} ${w.comes}` : w.called);

const wanted = ["material", "quality", "maintenance"] as const;

/** A touch calls; where a call waits already, it ends it. */
export const asksCall = (acts: Acts, calls: Call[], items: Item[]): Sheet => ({
  title: w.callWhom,
  body: [grid(...wanted.filter((what) => !items.some((i) => i.call?.what === what)).map((what) => {
    const open = calls.find((c) => c.what === what);
    return open ? choice(`${w[`call.${what}`]} · ${callState(open)} · ${w.endCall}`, () => acts.endCall(open)) : choice(w[`call.${what}`], () => acts.call(what));
  }))],
});

/** A card reader types the number and Enter; gloves type it here. */
export function asksWho(acts: Acts, now?: Operator): Sheet {
  const input = el("input", { className: "own", autocomplete: "off", maxLength: 100 });
  input.setAttribute("aria-label", w.whoHint);
  const give = () => { if (input.value.trim()) void acts.operator(input.value.trim()); };
  const form = el("form", { className: "card" }, el("p", { className: "mid" }, w.whoHint), input);
  form.addEventListener("submit", (e) => { e.preventDefault(); give(); });
  const digits = [..."123456789", "0"].map((d) => choice(d, () => { input.value += d; input.focus(); }));
  return {
    title: w.who,
    body: [form, el("div", { className: "digits" }, ...digits, choice(w.clear, () => { input.value = ""; input.focus(); }), choice(w.enter, give)), ...(now ? [grid(choice(`${now.called ?? now.name} · ${w.leave}`, () => void acts.operator(undefined)))] : [])],
  };
}

/** Drawings and pictures of the job: pictures are shown here, the rest in a tab of its own. */
export function showsFiles(all: NonNullable<Segment["documents"]>): Sheet {
  const shown = el("div", { className: "shown" });
  const open = async (sha256: string, title: string) => {
    shown.replaceChildren(el("p", {}, w.bringing));
    try {
      const blob = await fileOf(sha256);
      const url = URL.createObjectURL(blob);
      if (blob.type.startsWith("image/")) {
        shown.replaceChildren(el("img", { src: url, alt: title, style: "max-width:100%" } as never));
      } else if (blob.type.startsWith("text/")) {
        shown.replaceChildren(el("pre", {}, await blob.text()));
      } else {
        const frame = el("iframe", { src: url, title, style: "width:100%;height:70vh;border:0" } as never);
        shown.replaceChildren(frame);
      }
    } catch (err) {
      shown.replaceChildren(el("p", { className: "say alert" }, `${w.notHere}${String(err)}`));
    }
  };
  const first = all[0];
  if (first && all.length === 1) void open(first.sha256, first.title);
  return { title: w.files, body: [grid(...all.map((d) => choice(d.title, () => void open(d.sha256, d.title)))), shown] };
}
