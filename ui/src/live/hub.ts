// One stream of live data for all pages of a browser. Runs in a shared worker,
// or in the page itself where there is none: a browser opens only six
// connections to a node, and every page would take one.

import type { LiveValue, Machine } from "../api/types";

export type ToPage =
  | { kind: "machines"; items: Machine[]; full: boolean }
  | { kind: "values"; machine: string; items: LiveValue[] }
  | { kind: "line"; up: boolean; since: number };
export type FromPage = { kind: "watch"; machine: string | null } | { kind: "restart" } | { kind: "bye" };

export interface Source { addEventListener(name: string, f: (e: { data: string }) => void): void; close(): void }
export interface Deps { open: (url: string) => Source; now: () => number; every: (f: () => void, ms: number) => unknown }

/** The node beats every ten seconds; two missed beats and some slack mean that the line is broken. */
const silence = 22_000;
const checkPeriod = 2_000;
const maxMachineStreams = 2; // the board's stream and two more leave half of the six to requests

interface Stream { source: Source; heard: number }
type Page = (m: ToPage) => void;

export class Hub {
  private readonly deps: Deps;
  private readonly pages = new Map<Page, string | null>();
  private readonly machines = new Map<string, Machine>();
  private readonly values = new Map<string, Map<number, LiveValue>>();
  private board: Stream | null = null;
  private readonly streams = new Map<string, Stream>();
  private up = false;
  private since: number;

  constructor(deps: Deps) {
    this.deps = deps;
    this.since = deps.now();
    deps.every(() => this.check(), checkPeriod);
  }

  join(page: Page): void {
    this.pages.set(page, null);
    if (!this.board) this.openBoard();
    if (this.machines.size > 0) page({ kind: "machines", items: [...this.machines.values()], full: true });
    if (this.up || this.deps.now() - this.since > silence) page({ kind: "line", up: this.up, since: this.since });
  }

  hear(page: Page, m: FromPage): void {
    if (m.kind === "bye") this.pages.delete(page);
    else if (m.kind === "watch") {
      this.pages.set(page, m.machine);
      const known = m.machine ? this.values.get(m.machine) : undefined;
      if (m.machine && known) page({ kind: "values", machine: m.machine, items: [...known.values()] });
    } else this.restart();
    this.tidy();
  }

  private restart(): void {
    this.machines.clear();
    this.values.clear();
    for (const s of this.streams.values()) s.source.close();
    this.streams.clear();
    this.openBoard();
  }

  private tell(m: ToPage): void {
    for (const page of this.pages.keys()) page(m);
  }

  private line(up: boolean): void {
    if (up === this.up) return;
    this.up = up;
    if (!up) this.since = this.board?.heard ?? this.deps.now();
    this.tell({ kind: "line", up, since: this.since });
  }

  private openBoard(): void {
    this.board?.source.close();
    let first = true;
    const stream = this.openStream("/api/v1/live", (items) => {
      if (first) this.machines.clear();
      for (const m of items) this.machines.set(m.id, m);
      this.tell({ kind: "machines", items, full: first });
      first = false;
    });
    // The browser reconnects by itself; the node then begins with the whole board again.
    stream.source.addEventListener("open", () => (first = true));
    this.board = stream;
  }

  private openStream(url: string, onMachines: (items: Machine[]) => void): Stream {
    const stream: Stream = { source: this.deps.open(url), heard: this.deps.now() };
    const heard = () => {
      stream.heard = this.deps.now();
      if (stream === this.board) this.line(true);
    };
    stream.source.addEventListener("beat", heard);
    stream.source.addEventListener("machines", (e) => {
      heard();
      onMachines((JSON.parse(e.data) as { items: Machine[] }).items);
    });
    return stream;
  }

  /** Opens and closes the streams of single machines as pages look at them. */
  private tidy(): void {
    const wanted = new Set([...this.pages.values()].filter((m): m is string => m !== null));
    for (const [machine, s] of this.streams) {
      if (wanted.has(machine)) continue;
      s.source.close();
      this.streams.delete(machine);
      this.values.delete(machine);
    }
    for (const machine of wanted) {
      if (!this.streams.has(machine) && this.streams.size < maxMachineStreams) this.openMachine(machine);
    }
  }

  private openMachine(machine: string): void {
    const known = new Map<number, LiveValue>();
    this.values.set(machine, known);
    const stream = this.openStream(`/api/v1/live?machine=${encodeURIComponent(machine)}`, () => undefined);
    stream.source.addEventListener("values", (e) => {
      stream.heard = this.deps.now();
      const items = (JSON.parse(e.data) as { items: LiveValue[] }).items;
      for (const v of items) known.set(v.tag, v);
      for (const [page, m] of this.pages) if (m === machine) page({ kind: "values", machine, items });
    });
    this.streams.set(machine, stream);
  }

  private check(): void {
    const now = this.deps.now();
    if (this.board && now - this.board.heard > silence) {
      this.line(false);
      if (!this.up && this.pages.size > 0) {
        const heard = this.board.heard;
        this.openBoard(); // a new try keeps the memory of when the line was last alive
        this.since = this.since < heard ? this.since : heard;
        this.tell({ kind: "line", up: false, since: this.since });
      }
    }
    for (const [machine, s] of this.streams) {
      if (now - s.heard <= silence) continue;
      s.source.close();
      this.openMachine(machine);
    }
  }
}
