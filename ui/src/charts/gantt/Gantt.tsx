import { Button } from "antd";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMood } from "../../components/mood";
import { type Bar, loadOf, type Resource, rowsOf } from "./layout";
import { type Feedback, Stage } from "./stage";

interface Props {
  resources: readonly Resource[];
  bars: readonly Bar[];
  now: number;
  label: string;
  height: number;
  selected: string | undefined;
  select: (bar: Bar | undefined) => void;
  open: (bar: Bar) => void;
  lock?: (bar: Bar) => void;
  /** Asked while a bar is carried about; without it bars stay where they are. */
  ask?: (bar: Bar, resource: string, from: number) => Promise<Feedback>;
  drop?: (bar: Bar, resource: string, from: number) => void;
  /** A bar in words, for who does not see the chart. */
  describe: (bar: Bar) => string;
}

/**
 * Operations on machines over time. Wheel zooms, dragging pans, arrows walk from bar to bar, Enter opens, L locks.
 * A chart for eyes: whoever uses it puts a table with the same rows beside it.
 */
export function Gantt({ resources, bars, now, label, height, selected, select, open, lock, ask, drop, describe }: Props) {
  const { t } = useTranslation("planning");
  const { mood } = useMood();
  const canvas = useRef<HTMLCanvasElement>(null);
  const stage = useRef<Stage>(undefined);
  const hint = useId();
  const [told, setTold] = useState("");
  const rows = useMemo(() => rowsOf(resources, bars), [resources, bars]);
  const load = useMemo(() => loadOf(rows), [rows]);
  const input = { rows, bars, load, now, selected, words: { load: t("gantt.load"), now: t("gantt.now") }, select, open, lock, ask, drop: drop ?? (() => undefined), tell: setTold };
  const first = useRef(input);
  first.current = input;
  useEffect(() => {
    if (!canvas.current) return;
    const made = new Stage(canvas.current, first.current);
    stage.current = made;
    return () => made.close();
  }, []);
  useEffect(() => stage.current?.update(first.current), [rows, now, selected, ask, lock]);
  // After the theme's colours are in place.
  useEffect(() => {
    const frame = requestAnimationFrame(() => stage.current?.recolor());
    return () => cancelAnimationFrame(frame);
  }, [mood]);
  const bar = bars.find((b) => b.id === selected);
  return (
    <div className="stack" style={{ gap: 4 }}>
      <div className="row">
        <Button size="small" aria-label={t("gantt.nearer")} onClick={() => stage.current?.zoomBy(1 / 1.5)}>＋</Button>
        <Button size="small" aria-label={t("gantt.farther")} onClick={() => stage.current?.zoomBy(1.5)}>−</Button>
        <Button size="small" onClick={() => stage.current?.fit()}>{t("gantt.fit")}</Button>
        <Button size="small" onClick={() => stage.current?.toNow()}>{t("gantt.now")}</Button>
        <Legend />
        <span className="dim" id={hint}>{t("gantt.hint")}</span>
      </div>
      <canvas ref={canvas} role="application" tabIndex={0} aria-label={label} aria-describedby={hint} style={{ width: "100%", height, display: "block", touchAction: "none", border: "1px solid var(--line)", boxSizing: "border-box" }} />
      <div className="num" role="status" style={{ minHeight: 22 }}>{told || (bar ? describe(bar) : "")}</div>
    </div>
  );
}

function Legend() {
  const { t } = useTranslation("planning");
  const swatch = (color: string, text: string) => <span className="row" style={{ gap: 4 }}><span aria-hidden style={{ width: 14, height: 12, background: `var(${color})`, display: "inline-block" }} />{text}</span>;
  return <span className="row" style={{ gap: 10 }}>{swatch("--run", t("legend.bar"))}{swatch("--setup", t("legend.setup"))}{swatch("--maint", t("legend.frozen"))}{swatch("--alarm", t("legend.late"))}{swatch("--warn", t("legend.wrong"))}{swatch("--off", t("legend.closed"))}</span>;
}
