// The operator's page at a machine: the job at hand and the next ones, every
// action in at most two touches, with a network or without.

import type { Call, Entry, JobHead, Made, NewCall, Order, Person, Segment } from "../api/production";
import type { AtMachine } from "../api/process";
import type { DueList, Measurement } from "../api/quality";
import type { Machine, Name } from "../api/types";
import { isReason } from "../lib/reasons";
import { glyphs, lookOf } from "../lib/states";
import { el, show } from "./dom";
import { bring } from "./files";
import { ask, nodeNow, Refused, Unauthorized } from "./node";
import { asksMeasured, asksWithdrawal, type Asked, dueText, saysMeasured } from "./measure";
import { asksPlaces } from "./places";
import { type Answer, atHand, type Body, type Item, project, Queue, type Send } from "./queue";
import { asksCall, callState, asksFinish, asksCount, asksOther, asksPause, asksScrap, asksWho, showsFiles, type Sheet } from "./sheets";
import { newKey, openShelf } from "./shelf";
import { jobWords, lang, reasonWords, words } from "./words";

const w = jobWords[lang()];
export const said = (n: Name | undefined): string => (lang() === "en" ? n?.en || n?.zh : n?.zh) ?? "";

/** Who is at work at the machine, as the card said. */
export interface Operator { name: string; called?: string; unchecked?: boolean }

type Documents = NonNullable<Segment["documents"]>;

interface State {
  machine?: Machine; jobs: JobHead[]; calls: Call[]; due?: DueList; made?: Made & { order: string; no: number }; docs?: { order: string; no: number; all: Documents }; recipe?: AtMachine | undefined; items: Item[]; foreign: Item[]; refused: Item[];
  online: boolean; operator: Operator | undefined; sheet: Sheet | undefined; message: string; alert: boolean;
}

const often = 5_000;
const personKey = (machine: string) => `zhigai.kiosk.person.${machine}`;

/** Opens the page of a machine; who was signed in sends the entries. */
export async function machine(id: string, by: string, signIn: () => void): Promise<void> {
  const s: State = { jobs: [], calls: [], items: [], foreign: [], refused: [], online: true, operator: remembered(id), sheet: undefined, message: "", alert: false };
  const tell = (message: string, alert = false) => { s.message = message; s.alert = alert; paint(); };
  let ended = false;
  const send: Send = async (body, item) => {
    const answer = await post(item.measured ? `/characteristics/${item.measured.characteristic}/measurements` : item.call ? "/calls" : `/orders/${item.order}/entries`, body);
    s.online = answer !== "silence";
    if (answer === "signin") end();
    return answer;
  };
  const queue = new Queue(await openShelf().catch((err: unknown) => { show(el("p", { className: "note" }, w.notKept + String(err))); throw err; }), send, by, () => {
    s.items = queue.waiting().filter((i) => i.machine === id);
    s.foreign = queue.foreign();
    s.refused = queue.refused();
    paint();
  });
  const end = () => { if (!ended) { ended = true; clearInterval(timer); signIn(); } };
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    try {
      const [m, jobs, calls, due] = await Promise.all([ask<Machine>(`/equipment/${id}`), ask<{ items: JobHead[] }>(`/equipment/${id}/jobs`), ask<{ items: Call[] }>(`/calls?open=true&equipment=${id}`), ask<DueList>(`/equipment/${id}/measurements-due`)]);
      s.due = due;
      s.calls = calls.items;
      s.machine = m;
      s.jobs = jobs.items;
      s.online = true;
      const now = atHand(s.jobs, id);
      if (now) {
        const j = (await ask<Order>(`/orders/${now.order}`)).jobs.find((x) => x.no === now.no);
        s.recipe = await ask<AtMachine>(`/equipment/${id}/recipe`).catch((err: unknown) => { if (err instanceof Refused) return undefined; throw err; }); // the job is shown all the same
        if (j) {
          s.made = { ...j.made, order: now.order, no: now.no };
          s.docs = { order: now.order, no: now.no, all: j.segment.documents ?? [] };
          bring(s.docs.all.map((d) => d.sha256));
        }
      }
    } catch (err) {
      if (err instanceof Unauthorized) return end();
      if (err instanceof Refused && !passing(err)) return tell(err.message, true);
      s.online = false;
    } finally {
      looking = false;
    }
    const waited = s.items.length;
    if (s.online) await queue.flush();
    if (s.items.length < waited) setTimeout(() => void look(), 0); // what was asked does not know of them yet
    paint();
  };

  /** Keeps what is said one behind the other; the first that is refused ends the row. */
  const keep = async (order: string, number: string, ...all: ({ entry: Omit<Entry, "at" | "key"> } | { call: Omit<NewCall, "at" | "key"> } | { measured: NonNullable<Item["measured"]> })[]): Promise<boolean> => {
    s.sheet = undefined;
    for (const one of all) {
      let why: string | undefined;
      try {
        why = await queue.say({ key: newKey(), by, machine: id, order, number, ...one, at: new Date(nodeNow()).toISOString() });
      } catch (err) {
        tell(w.notKept + String(err), true);
        return false;
      }
      if (why !== undefined) {
        tell(w.refused + why, true);
        void look();
        return false;
      }
    }
    tell(queue.waiting().length > 0 ? w.kept : w.noted);
    void look();
    return true;
  };
  const say = (order: string, number: string, ...entries: Omit<Entry, "at" | "key">[]) => keep(order, number, ...entries.map((entry) => ({ entry })));
  const log = (j: JobHead, person: string, on: boolean) => ({ job: j.no, what: "operator" as const, person, ...(on ? { on: true } : {}) });
  const begin = async (j: JobHead, ...before: { j: JobHead; command: "complete" | "pause" }[]) => {
    if (!s.operator) return open(asksWho(acts));
    for (const b of before) if (!(await say(b.j.order, b.j.number, { job: b.j.no, what: "job", command: b.command }))) return;
    const me = s.operator.name;
    const command = j.state === "suspended" || j.state === "held" ? "resume" : "run";
    await say(j.order, j.number, ...(j.operators.includes(me) ? [] : [...j.operators.slice(0, j.operators.length - j.crew + 1).map((p) => log(j, p, false)), log(j, me, true)]), { job: j.no, what: "job", command, equipment: id });
  };
  const open = (sheet: Sheet | undefined) => { s.sheet = sheet; s.message = ""; paint(); };
  const acts = {
    open, begin,
    close: () => open(undefined),
    enter: (j: JobHead, entry: Omit<Entry, "at" | "key" | "job">) => void say(j.order, j.number, { job: j.no, ...entry }),
    operator: async (name: string | undefined) => {
      const was = s.operator?.name;
      const next = name === undefined ? undefined : await identify(name, tell);
      if (name !== undefined && !next) return;
      s.operator = next;
      if (next) localStorage.setItem(personKey(id), JSON.stringify(next));
      else localStorage.removeItem(personKey(id));
      open(undefined);
      const now = atHand(project(s.jobs, s.items, id), id);
      if (!now || now.state !== "running" || was === next?.name) return;
      await say(now.order, now.number, ...(was && now.operators.includes(was) ? [log(now, was, false)] : []), ...(next ? [log(now, next.name, true)] : []));
    },
    measure: (a: Asked) => open(asksMeasured(acts, a)),
    measured: async (a: Asked, values: Omit<Measurement, "at" | "key">) => {
      const c = a.characteristic;
      const order = s.due?.order;
      if (await keep("", order ?? "", { measured: { characteristic: c.id ?? "", code: c.code, values: { ...values, ...(order ? { order } : {}) } } })) open(saysMeasured(acts, a, values));
    },
    // What does not conform may be shown on a picture of the job at hand.
    judged: (a: Asked, values: Omit<Measurement, "at" | "key">) => {
      const pictures = s.docs && s.due?.order && a.characteristic.item ? s.docs.all.filter((d) => d.kind === "picture" || d.kind === "drawing") : [];
      if ((values.found ?? 0) > 0 && pictures.length > 0) open(asksPlaces(acts, a, values, pictures));
      else void acts.measured(a, values);
    },
    withdraw: (a: Asked) => open(asksWithdrawal(acts, a)),
    withdrawn: (a: Asked, reason: string) => {
      const last = a.points.at(-1);
      s.sheet = undefined;
      ask(`/characteristics/${a.characteristic.id}/measurements/${last?.id}/withdrawal`, { at: last?.at, reason }).then(() => tell(w.noted), (err: unknown) => tell(err instanceof Refused ? w.refused + err.message : w.withdrawNeedsNet, true)).finally(() => void look());
    },
    dismiss: (n: number) => void queue.dismiss(n),
    call: (what: NewCall["what"]) => {
      const j = atHand(project(s.jobs, s.items, id), id);
      void keep(j?.order ?? "", j?.number ?? "", { call: { what, equipment: id, ...(j ? { order: j.number, job: j.no } : {}) } });
    },
    endCall: (c: Call) => {
      s.sheet = undefined;
      ask(`/calls/${c.id}/state`, { state: "done" }).then(() => tell(w.noted), (err: unknown) => tell(err instanceof Refused ? w.refused + err.message : w.needNet, true)).finally(() => void look());
    },
  };
  // What did not change is not painted: a touch must end on the button on which it began.
  let painted = "";
  let touching = false;
  const paint = () => {
    const now = JSON.stringify([s.machine?.state, s.jobs, s.calls, s.due, s.made, s.docs, s.items, s.foreign, s.refused, s.online, s.operator, s.sheet?.title, s.message]);
    if (ended || touching || now === painted) return;
    painted = now;
    draw(id, s, acts);
  };
  addEventListener("pointerdown", () => { touching = true; });
  for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(() => { touching = false; paint(); }, 0));
  show(el("p", { style: "padding:16px" } as never, words[lang()].loading));
  await queue.open();
  const timer = setInterval(() => void look(), often);
  addEventListener("online", () => void look());
  await look();
}

export type Acts = {
  open: (s: Sheet | undefined) => void; close: () => void; begin: (j: JobHead, ...before: { j: JobHead; command: "complete" | "pause" }[]) => Promise<void>;
  enter: (j: JobHead, entry: Omit<Entry, "at" | "key" | "job">) => void; operator: (name: string | undefined) => Promise<void>; dismiss: (n: number) => void;
  call: (what: NewCall["what"]) => void; endCall: (c: Call) => void;
  measure: (a: Asked) => void; measured: (a: Asked, values: Omit<Measurement, "at" | "key">) => Promise<void>; judged: (a: Asked, values: Omit<Measurement, "at" | "key">) => void; withdraw: (a: Asked) => void; withdrawn: (a: Asked, reason: string) => void;
};

/** Busy, ill, or somebody changed the order in between: it is asked again. */
const passing = (err: Refused): boolean => err.status === 409 || err.status === 429 || err.status >= 500;

async function post(path: string, body: Body): Promise<Answer> {
  try {
    await ask(path, body);
    return "taken";
  } catch (err) {
    if (err instanceof Unauthorized) return "signin";
    if (err instanceof Refused && !passing(err)) return { refused: err.message };
    return "silence";
  }
}

function remembered(machine: string): Operator | undefined {
  try {
    return (JSON.parse(localStorage.getItem(personKey(machine)) ?? "null") as Operator | null) ?? undefined;
  } catch {
    return undefined;
  }
}

async function identify(name: string, tell: (m: string, alert: boolean) => void): Promise<Operator | undefined> {
  try {
    const p = await ask<Person>(`/people/${encodeURIComponent(name)}`);
    if (!p.off) return { name: p.name, called: p.called ?? p.name };
    tell(w.gone + name, true);
  } catch (err) {
    if (!(err instanceof Refused)) return { name, unchecked: true };
    tell(err.status === 404 ? w.unknown + name : err.message, true);
  }
  return undefined;
}

const button = (text: string, onclick: () => void, className = "act", disabled = false) => el("button", { type: "button", className, onclick, disabled }, text);

function draw(id: string, s: State, acts: Acts): void {
  const jobs = project(s.jobs, s.items, id);
  const now = atHand(jobs, id);
  const calls = [...s.calls.map((c) => ({ what: c.what, state: callState(c) })), ...s.items.flatMap((i) => (i.call ? [{ what: i.call.what, state: w.unsent }] : []))];
  const head = el("header", { className: "machinehead" },
    el("h1", {}, s.machine ? `${glyphs[lookOf(s.machine.state)]} ${said(s.machine.name)}` : id),
    el("span", { className: s.online ? "net" : "net down" }, s.online ? w.online : w.offline),
    ...(s.items.length > 0 ? [el("b", { className: "net wait" }, `${s.items.length} ${w.wait}`)] : []),
    ...calls.map((c) => el("b", { className: "net wait" }, `${w[`call.${c.what}`]} · ${c.state}`)),
    el("span", { className: "fill" }),
    button(w.call, () => acts.open(asksCall(acts, s.calls, s.items)), "act who"),
    button(s.operator ? `${s.operator.called ?? s.operator.name}${s.operator.unchecked ? `（${w.unchecked}）` : ""}` : w.nobody, () => acts.open(asksWho(acts, s.operator)), "act who"),
    el("a", { className: "plain link", href: `/kiosk/stop/${id}` }, w.stopReason), el("a", { className: "plain link", href: "/kiosk/andon/" }, w.board));
  const note = el("p", { className: s.alert ? "say alert" : "say", hidden: s.message === "" }, s.message);
  note.setAttribute("role", s.alert ? "alert" : "status");
  const kept = [
    ...(s.foreign.length > 0 ? [el("p", { className: "note" }, `${s.foreign.length} ${w.foreign.replace("{who}", [...new Set(s.foreign.map((i) => i.by))].join(", "))}`)] : []),
    ...s.refused.map((i) => el("p", { className: "note row" }, `${w.later}${i.entry ? `${i.number}-${i.entry.job}` : i.measured ? i.measured.code : w[`call.${i.call?.what ?? "material"}`]}: ${i.refused ?? ""} `, button(w.read, () => acts.dismiss(i.n), "plain"))),
  ];
  const main = s.sheet ? el("main", { className: "sheet" }, el("h2", {}, s.sheet.title), ...s.sheet.body, button(w.back, acts.close, "act back"))
    : el("main", { className: "work" }, current(now, s, acts), upcoming(jobs.filter((j) => j !== now), now, acts));
  const typing = document.activeElement instanceof HTMLInputElement ? document.activeElement : undefined;
  show(head, note, ...kept, main);
  // A card reader types into what has the focus, and who is typing goes on after a renewal.
  (document.querySelector("form.card input") as HTMLInputElement | null ?? (typing?.isConnected ? typing : null))?.focus();
}

/** The job at hand with what was made, and what can be said of it. */
function current(j: JobHead | undefined, s: State, acts: Acts): HTMLElement {
  if (!j) return el("section", { className: "current" }, el("h2", {}, w.atHand), el("p", { className: "big" }, w.none), ...dues(s, acts));
  const known = s.jobs.find((x) => x.order === j.order && x.no === j.no);
  const base = s.made?.order === j.order && s.made.no === j.no ? s.made : (known?.made ?? j.made);
  // What waits comes on top of what the node knows.
  const [made] = project([{ ...j, made: base, state: "running" }], s.items.filter((i) => i.entry?.what === "count"), "").map((x) => x.made);
  const m = made ?? base;
  const runs = j.state === "running";
  const state = w[j.state as "running"] ?? j.state;
  return el("section", { className: "current" },
    el("h2", {}, `${w.atHand} · ${state}${j.reason ? ` · ${isReason(j.reason) ? reasonWords[lang()][j.reason] : j.reason}` : ""}`),
    el("p", { className: "big" }, el("b", {}, `${j.number} · ${j.no} ${said(j.name)}`)),
    el("p", { className: "mid" }, `${j.product} · ${w.due} ${when(j.due)}${j.operators.length > 0 ? ` · ${j.operators.join("、")}` : ""}`),
    ...recipeLine(j, s),
    ...(j.first && !j.first_piece?.ok ? [el("p", { className: "say alert" }, w.first)] : []),
    el("div", { className: "made" },
      el("div", {}, el("span", {}, w.good), el("b", {}, `${m.good} / ${j.quantity}`)), el("div", {}, el("span", {}, w.scrap), el("b", {}, String(m.scrap))), el("div", {}, el("span", {}, w.rework), el("b", {}, String(m.rework))),
      el("div", {}, el("span", {}, `${w.counted} ${m.counted}`), el("span", {}, `${w.typed} ${m.typed}`))),
    progress(m.good, j.quantity),
    ...dues(s, acts),
    ...(s.docs?.order === j.order && s.docs.no === j.no && s.docs.all.length > 0 ? [button(`${w.files}（${s.docs.all.length}）`, () => acts.open(showsFiles(s.docs?.all ?? [])), "act who")] : []),
    el("div", { className: "acts" },
      ...(runs ? [button(w.pause, () => acts.open(asksPause(acts, j))), button(w.count, () => acts.open(asksCount(acts, j))), button(w.scrapped, () => acts.open(asksScrap(acts, j, m.counted > 0))), button(w.complete, () => acts.open(asksFinish(acts, j, m)))]
        : [button(w.resume, () => void acts.begin(j), "act main"), button(w.scrapped, () => acts.open(asksScrap(acts, j, m.counted > 0))), button(w.complete, () => acts.open(asksFinish(acts, j, m)))])));
}

/** Which recipe holds for the job, and whether the machine has its values; nothing without a recipe or a network. */
function recipeLine(j: JobHead, s: State): HTMLElement[] {
  const r = s.recipe?.recipe;
  if (!s.online || !s.recipe || !r || s.recipe.job?.order !== j.order || s.recipe.job.job !== j.no) return [];
  const title = `${w.recipe} ${r.revision ?? 1}`;
  return s.recipe.drifted > 0 ? [el("p", { className: "say alert" }, `${title}：${w.drifted.replace("{n}", String(s.recipe.drifted))}`)] : [el("p", { className: "mid" }, `${title}：${w.asApproved}`)];
}

/** What is measured of the job at hand: what is due stands first and says why. */
const dues = (s: State, acts: Acts): HTMLElement[] => (s.due?.items.length ? [el("div", { className: "dues" }, ...s.due.items.slice(0, 6).map((d) => button(`${d.characteristic.code} ${said(d.characteristic.name)} · ${dueText(d)}`, () => acts.measure(d), d.why ? "act due" : "act who")))] : []);

function progress(good: number, quantity: number): HTMLElement {
  const bar = el("div", { className: "bar" }, el("div", { style: `width:${Math.max(0, Math.min(100, (100 * good) / quantity))}%` } as never));
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", `${w.good} ${good} / ${quantity}`);
  return bar;
}

function upcoming(jobs: JobHead[], now: JobHead | undefined, acts: Acts): HTMLElement {
  const startable = jobs.filter((j) => ["waiting", "ready", "loaded", "suspended", "held"].includes(j.state)).slice(0, 6);
  return el("section", { className: "next" }, el("h2", {}, `${w.next}（${jobs.length}）`),
    ...(startable.length === 0 ? [el("p", { className: "mid" }, w.nothing)] : startable.map((j) => el("div", { className: "job" },
      el("div", {}, el("b", {}, `${j.number} · ${j.no} ${said(j.name)}`), el("span", {}, `${j.product} × ${j.quantity} · ${w.due} ${when(j.due)}`), el("span", {}, w[j.state as "waiting"] ?? j.state)),
      button(j.state === "suspended" || j.state === "held" ? w.resume : w.start, () => (now?.state === "running" ? acts.open(asksOther(acts, now, j)) : void acts.begin(j)), "act")))));
}

/** A due date as the floor says it, with a word when it has passed. */
function when(due: string): string {
  const d = new Date(due);
  const day = d.toLocaleDateString("zh-CN", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit" });
  const clock = d.toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false });
  return `${day} ${clock}${d.getTime() < nodeNow() ? `（${w.late}）` : ""}`;
}
