// Entries that are made at a machine, kept on the device until the node has
// them. Pure: the shelf, the way to the node and the clock are given, so that a
// test can cut the network.

import type { Entry, JobHead, NewCall } from "../api/production";
import type { Measurement } from "../api/quality";

export interface Item {
  /** In the order in which they were made; given by the shelf. */
  n: number;
  /** The node takes the same key once, whatever else it hears. */
  key: string;
  /** Who was signed in: the node knows a key by its sender. */
  by: string;
  machine: string;
  /** Of the job at hand; empty of a call where nothing is at hand. */
  order: string;
  number: string;
  /** What was done at a job, or who is called. */
  entry?: Omit<Entry, "at" | "key">;
  call?: Omit<NewCall, "at" | "key">;
  /** What was measured of a characteristic. */
  measured?: { characteristic: string; code: string; values: Omit<Measurement, "at" | "key"> };
  /** When it was made, by the node's clock. */
  at: string;
  /** It was on its way and no answer came, or others were before it. */
  late: boolean;
  /** The node's reason for not taking it; somebody must read it. */
  refused?: string;
}

export type NewItem = Omit<Item, "n" | "late">;

/** Keeps items over a restart of the device; a method returns when what it did is durable. */
export interface Shelf {
  add(item: Omit<Item, "n">): Promise<Item>;
  all(): Promise<Item[]>;
  put(item: Item): Promise<void>;
  remove(n: number): Promise<void>;
}

/** What became of sending one: taken, refused for a reason, no answer, or somebody must sign in. */
export type Answer = "taken" | "silence" | "signin" | { refused: string };
export type Body = Entry | NewCall | Measurement;
export type Send = (body: Body, item: Item) => Promise<Answer>;

/**
 * What the node is sent. While the network is there an entry is checked as it is made; one that comes later says
 * when it was done, and is never refused for what others did meanwhile.
 */
export const bodyOf = (i: Item): Body => ({ ...(i.measured?.values ?? i.call ?? (i.entry as Entry)), key: i.key, ...(i.late ? { at: i.at } : {}) });

export class Queue {
  private readonly shelf: Shelf;
  private readonly send: Send;
  private readonly by: string;
  private readonly changed: (items: Item[]) => void;
  private items: Item[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private inLine = 0;

  constructor(shelf: Shelf, send: Send, by: string, changed: (items: Item[]) => void) {
    this.shelf = shelf;
    this.send = send;
    this.by = by;
    this.changed = changed;
  }

  /** Reads what an earlier run of the page left. */
  async open(): Promise<void> {
    // Whether the node heard of them is not known: the key tells it.
    this.items = (await this.shelf.all()).map((i) => ({ ...i, late: true }));
    this.changed(this.items);
  }

  /** Of the person signed in, not refused, in the order in which they were made. */
  waiting(): Item[] {
    return this.items.filter((i) => i.by === this.by && i.refused === undefined);
  }

  /** Made by somebody else at this device, who has to sign in for them. */
  foreign(): Item[] {
    return this.items.filter((i) => i.by !== this.by && i.refused === undefined);
  }

  refused(): Item[] {
    return this.items.filter((i) => i.refused !== undefined);
  }

  /**
   * Keeps an entry, then sends it. Resolves to the reason when the node refused it at once: then it is not kept. When
   * the device cannot keep it the promise fails and nothing was sent.
   */
  async say(item: NewItem): Promise<string | undefined> {
    const kept = await this.shelf.add({ ...item, late: false });
    this.inLine++;
    this.set([...this.items, kept]);
    try {
      return await this.turn(async () => {
        const first = this.waiting()[0];
        if (first?.n !== kept.n) return void (await this.drain()); // others before it wait, or one of them took it along
        const answer = await this.send(bodyOf(kept), kept);
        if (typeof answer === "object") {
          await this.drop(kept);
          return answer.refused;
        }
        await this.after(kept, answer);
        return undefined;
      });
    } finally {
      this.inLine--;
    }
  }

  /** Sends what waits, oldest first, until one gets no answer. */
  flush(): Promise<void> {
    return this.inLine > 0 ? Promise.resolve() : this.turn(() => this.drain());
  }

  /** Somebody has read why it was refused. */
  async dismiss(n: number): Promise<void> {
    const item = this.items.find((i) => i.n === n);
    if (item) await this.turn(() => this.drop(item));
  }

  private turn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(work, work);
    this.last = next.catch(() => undefined);
    return next;
  }

  private async drain(): Promise<void> {
    for (const i of this.waiting()) {
      const item = { ...i, late: true };
      if (!(await this.after(item, await this.send(bodyOf(item), item)))) return;
    }
  }

  /** Whether the next one may be sent. */
  private async after(item: Item, answer: Answer): Promise<boolean> {
    if (answer === "taken") {
      await this.drop(item);
      return true;
    }
    const next: Item = typeof answer === "object" ? { ...item, refused: answer.refused } : { ...item, late: true };
    await this.shelf.put(next);
    this.set(this.items.map((i) => (i.n === item.n ? next : i)));
    return typeof answer === "object";
  }

  private async drop(item: Item): Promise<void> {
    await this.shelf.remove(item.n);
    this.set(this.items.filter((i) => i.n !== item.n));
  }

  private set(items: Item[]): void {
    this.items = items;
    this.changed(items);
  }
}

/** The jobs as they are once the node has what waits: what the operator sees meanwhile. */
export function project(jobs: readonly JobHead[], items: readonly Item[], machine: string): JobHead[] {
  const out = jobs.map((j) => ({ ...j, made: { ...j.made }, operators: [...j.operators] }));
  for (const i of items) {
    const e = i.entry;
    const j = e && out.find((x) => x.order === i.order && x.no === e.job);
    if (!e || !j) continue;
    if (e.what === "operator" && e.person) j.operators = e.on ? [...new Set([...j.operators, e.person])] : j.operators.filter((p) => p !== e.person);
    if (e.what === "count") {
      const taken = e.counted ? (e.scrap ?? 0) + (e.rework ?? 0) : 0;
      j.made.good += (e.good ?? 0) - taken;
      j.made.scrap += e.scrap ?? 0;
      j.made.rework += e.rework ?? 0;
    }
    if (e.what !== "job" || !e.command) continue;
    const to = leads[e.command];
    if (!to) continue;
    if (to === "running") {
      // A machine runs one job at a time; the node pauses the other.
      for (const o of out) if (o !== j && o.state === "running" && o.equipment === machine) o.state = "suspended";
      j.equipment = machine;
    }
    j.state = to;
    j.since = i.at;
    if (e.reason) j.reason = e.reason;
    else delete j.reason;
  }
  return out.filter((j) => !["completed", "closed", "aborted"].includes(j.state));
}

const leads: Partial<Record<NonNullable<Entry["command"]>, JobHead["state"]>> = { load: "loaded", run: "running", resume: "running", pause: "suspended", hold: "held", complete: "completed", abort: "aborted" };

/** The job at the machine: the one that runs, else the one that was begun there last. */
export function atHand(jobs: readonly JobHead[], machine: string): JobHead | undefined {
  const here = jobs.filter((j) => j.equipment === machine);
  const begun = here.filter((j) => ["loaded", "suspended", "held"].includes(j.state)).sort((a, b) => (a.since < b.since ? 1 : -1));
  return here.find((j) => j.state === "running") ?? begun[0];
}
