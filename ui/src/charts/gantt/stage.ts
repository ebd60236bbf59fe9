// What a person does to a Gantt chart: looks around, walks over bars, takes one
// elsewhere. Knows the canvas and nothing of pages.

import { draw, type Ghost, palette, type Palette, Texts } from "./draw";
import { type Bar, clampTop, headHeight, hit, leftWidth, type Load, loadHeight, pan, reveal, type Row, rowAt, type Span, step, timeOf, type View, whole, zoom } from "./layout";

export type Verdict = Exclude<Ghost["verdict"], "asking">;
/** What taking a bar somewhere would do; to: where it would end there. */
export interface Feedback { verdict: Verdict; to?: number; text: string }

export interface Input {
  rows: readonly Row[]; bars: readonly Bar[]; load: Load; now: number; selected: string | undefined; words: { load: string; now: string };
  select: (bar: Bar | undefined) => void; open: (bar: Bar) => void; lock: ((bar: Bar) => void) | undefined;
  /** Asked while a bar is held; without it bars stay where they are. */
  ask: ((bar: Bar, resource: string, from: number) => Promise<Feedback>) | undefined;
  drop: (bar: Bar, resource: string, from: number) => void;
  /** Said while a bar is held, and empty after. */
  tell: (text: string) => void;
}

/** Beginnings are put on whole steps of five minutes. */
const grain = 5 * 60_000;
/** A hand is not still: nearer than this a press is no drag. */
const slack = 4;

interface Held { x: number; y: number; view: View; bar: Bar | undefined; moved: boolean }

export class Stage {
  private input: Input;
  private view: View;
  private held: Held | undefined;
  private ghost: (Ghost & { resource: string }) | undefined;
  private asking = false;
  private askAgain = false;
  private frame = 0;
  private colors: Palette | undefined;
  private texts = new Texts(devicePixelRatio || 1);
  private longestSetup = 0;
  private readonly canvas: HTMLCanvasElement;
  private readonly undo: () => void;

  constructor(canvas: HTMLCanvasElement, input: Input) {
    this.canvas = canvas;
    this.input = input;
    this.view = { ...whole(input.bars, input.now), top: 0 };
    this.measure();
    this.undo = this.listen();
  }

  /** Other bars, another selection; what is seen stays. */
  update(input: Input): void {
    const fresh = input.bars !== this.input.bars;
    const came = this.input.bars.length === 0 && input.bars.length > 0;
    this.input = input;
    if (fresh) this.measure();
    if (came) this.view = { ...whole(input.bars, input.now), top: 0 };
    this.paint();
  }

  recolor(): void {
    this.colors = undefined;
    this.texts = new Texts(devicePixelRatio || 1);
    this.paint();
  }

  zoomBy(by: number): void {
    this.show(zoom(this.view, (this.view.from + this.view.to) / 2, by));
  }

  fit(): void {
    this.show({ ...whole(this.input.bars, this.input.now), top: 0 });
  }

  toNow(): void {
    const length = this.view.to - this.view.from;
    const from = this.input.now - length * 0.15;
    this.show({ ...this.view, from, to: from + length });
  }

  /** Brings a bar into sight. */
  reveal(id: string): void {
    const bar = this.input.bars.find((b) => b.id === id);
    const row = this.input.rows.findIndex((r) => r.resource.id === bar?.resource);
    if (bar && row >= 0) this.show(reveal(this.view, bar, row, this.input.rows.length, this.canvas.clientHeight));
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.undo();
  }

  private measure(): void {
    this.longestSetup = this.input.bars.reduce((m, b) => Math.max(m, b.setupMs), 0);
  }

  private show(v: View): void {
    this.view = { ...v, top: clampTop(v.top, this.input.rows.length, this.canvas.clientHeight) };
    this.paint();
  }

  /** At most once a frame, whatever happens in it. */
  private paint(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.colors ??= palette();
      const { rows, load, now, words, bars, selected } = this.input;
      draw(this.canvas, { rows, view: this.view, now, load, longestSetup: this.longestSetup, selected: bars.find((b) => b.id === selected), ghost: this.ghost, words }, this.colors, this.texts);
    });
  }

  private listen(): () => void {
    const c = this.canvas;
    const on = <K extends keyof HTMLElementEventMap>(kind: K, f: (e: HTMLElementEventMap[K]) => void, o?: AddEventListenerOptions) => {
      c.addEventListener(kind, f, o);
      return () => c.removeEventListener(kind, f);
    };
    const sizes = new ResizeObserver(() => this.show(this.view));
    sizes.observe(c);
    const offs = [
      on("wheel", (e) => this.wheel(e), { passive: false }), on("pointerdown", (e) => this.down(e)), on("pointermove", (e) => this.move(e)), on("pointerup", (e) => this.up(e)),
      on("pointercancel", () => this.release()), on("dblclick", (e) => { const b = this.under(e); if (b) this.input.open(b); }), on("keydown", (e) => this.key(e)),
    ];
    return () => { sizes.disconnect(); for (const off of offs) off(); };
  }

  private under(e: MouseEvent): Bar | undefined {
    return hit(this.input.rows, e.offsetX, e.offsetY, this.view, { width: this.canvas.clientWidth, height: this.canvas.clientHeight });
  }

  private span(): Span {
    return whole(this.input.bars, this.input.now);
  }

  /** Over the names rows are scrolled, with Shift time, else it is zoomed. */
  private wheel(e: WheelEvent): void {
    e.preventDefault();
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const perPixel = (this.view.to - this.view.from) / (width - leftWidth);
    if (e.offsetX < leftWidth) this.show(pan(this.view, 0, e.deltaY, this.input.rows.length, height, this.span()));
    else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) this.show(pan(this.view, (e.deltaX || e.deltaY) * perPixel, 0, this.input.rows.length, height, this.span()));
    else this.show(zoom(this.view, timeOf(e.offsetX, this.view, width), e.deltaY > 0 ? 1.2 : 1 / 1.2));
  }

  private down(e: PointerEvent): void {
    if (e.button !== 0) return;
    this.held = { x: e.offsetX, y: e.offsetY, view: this.view, bar: this.under(e), moved: false };
    this.canvas.setPointerCapture(e.pointerId);
  }

  private move(e: PointerEvent): void {
    const h = this.held;
    if (!h) {
      const bar = this.under(e);
      this.canvas.style.cursor = bar ? (this.input.ask && !bar.frozen ? "move" : "pointer") : "grab";
      this.canvas.title = bar?.text ?? "";
      return;
    }
    const [dx, dy] = [e.offsetX - h.x, e.offsetY - h.y];
    h.moved ||= Math.hypot(dx, dy) > slack;
    if (!h.moved) return;
    const perPixel = (h.view.to - h.view.from) / (this.canvas.clientWidth - leftWidth);
    if (h.bar && this.input.ask && !h.bar.frozen) this.carry(h.bar, h.bar.from + dx * perPixel, rowAt(Math.max(headHeight, Math.min(e.offsetY, this.canvas.clientHeight - loadHeight)), this.view.top));
    else this.show(pan(h.view, -dx * perPixel, -dy, this.input.rows.length, this.canvas.clientHeight, this.span()));
  }

  private carry(bar: Bar, at: number, row: number): void {
    const r = Math.max(0, Math.min(this.input.rows.length - 1, row));
    const from = Math.round(at / grain) * grain;
    const resource = (this.input.rows[r] as Row).resource.id;
    const known = this.ghost && this.ghost.resource === resource && this.ghost.from === from;
    if (known) return;
    this.ghost = { row: r, resource, from, to: from + (bar.to - bar.from), verdict: "asking" };
    this.paint();
    void this.answer(bar);
  }

  /** One question at a time; what was asked meanwhile last is asked next. */
  private async answer(bar: Bar): Promise<void> {
    if (this.asking) {
      this.askAgain = true;
      return;
    }
    const g = this.ghost;
    if (!g || !this.input.ask) return;
    this.asking = true;
    this.askAgain = false;
    const said = await this.input.ask(bar, g.resource, g.from).catch((err: unknown): Feedback => ({ verdict: "wrong", text: err instanceof Error ? err.message : String(err) }));
    this.asking = false;
    if (this.ghost === g) {
      this.ghost = { ...g, verdict: said.verdict, to: said.to ?? g.to };
      this.input.tell(said.text);
      this.paint();
    }
    if (this.askAgain && this.ghost) void this.answer(bar);
  }

  private up(e: PointerEvent): void {
    const h = this.held;
    const g = this.ghost;
    if (!h) return;
    if (h.bar && g && (g.from !== h.bar.from || g.resource !== h.bar.resource)) this.input.drop(h.bar, g.resource, g.from);
    else if (!h.moved) {
      this.canvas.focus({ preventScroll: true });
      this.input.select(this.under(e));
    }
    this.release();
  }

  private release(): void {
    this.held = undefined;
    if (this.ghost) this.input.tell("");
    this.ghost = undefined;
    this.paint();
  }

  private key(e: KeyboardEvent): void {
    const selected = this.input.bars.find((b) => b.id === this.input.selected);
    const ways = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" } as const;
    const way = ways[e.key as keyof typeof ways];
    if (way) {
      const next = step(this.input.rows, selected, way, this.input.now);
      if (next) {
        this.input.select(next);
        this.reveal(next.id);
      }
    } else if (e.key === "Enter" && selected) this.input.open(selected);
    else if (e.key.toLowerCase() === "l" && selected) this.input.lock?.(selected);
    else if (e.key === "+" || e.key === "=") this.zoomBy(1 / 1.4);
    else if (e.key === "-") this.zoomBy(1.4);
    else if (e.key === "Home") this.toNow();
    else if (e.key === "0") this.fit();
    else if (e.key === "Escape") {
      if (this.held) this.release();
      else this.input.select(undefined);
    } else return;
    e.preventDefault();
  }
}
