import { App, Button, Table } from "antd";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useQueryClient } from "@tanstack/react-query";
import { type Assignment, checkMove, lockPlan, type MoveFeedback, movePlan, type Plan } from "../../api/planning";
import { Gantt } from "../../charts/gantt/Gantt";
import { type Bar, headHeight, loadHeight, rowHeight } from "../../charts/gantt/layout";
import type { Feedback } from "../../charts/gantt/stage";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, span } from "../../lib/format";
import { clock, dateTime, iso, minute, ms, shortTime } from "../../lib/time";
import { AssignmentDrawer } from "./AssignmentDrawer";
import { chartOf, idOf, outside, verdictOf } from "./bars";
import { usePlanningSearch } from "./search";

/** A plan as a chart or as a table with the same rows; operations are moved and locked here. */
export function PlanChart({ p, look, may }: { p: Plan; look: "chart" | "table"; may: boolean }) {
  const { t } = useTranslation("planning");
  const { lang, name } = useLang();
  const [selected, setSelected] = useState<string>();
  const [opened, setOpened] = useState<string>();
  const now = useNow();
  const chart = useMemo(() => chartOf(p, name, t("outside")), [p, lang]);
  const words = useFeedback(p);
  const edit = useEdit(p, words);
  const ask = useCallback(async (bar: Bar, resource: string, from: number): Promise<Feedback> => {
    const a = chart.of.get(bar.id);
    if (!a || resource === outside || bar.resource === outside) return { verdict: "wrong", text: t("move.outside") };
    const f = await checkMove(p.id, { order: a.order, job: a.job, equipment: resource, start: iso(from) });
    return { verdict: verdictOf(f), to: Math.max(ms(f.end), from), text: words(f) };
  }, [chart, p.id]);
  const describe = (b: Bar) => {
    const a = chart.of.get(b.id);
    return a ? `${b.text} · ${chart.resources.find((r) => r.id === b.resource)?.name ?? ""} · ${shortTime(b.from)} – ${shortTime(b.to)} · ${t("pieces", { n: a.quantity })}${b.late ? ` · ${t("legend.late")}` : ""}${b.locked ? ` · ${t("locked")}` : ""}` : b.text;
  };
  const a = opened === undefined ? undefined : chart.of.get(opened);
  return (
    <>
      {look === "table" ? <Rows p={p} open={(id) => setOpened(id)} /> : (
        <Gantt resources={chart.resources} bars={chart.bars} now={now} height={Math.min(440, Math.max(220, chart.resources.length * rowHeight + headHeight + loadHeight + 4))} label={t("gantt.label", { n: p.number, operations: chart.bars.length, late: p.figures.late })} describe={describe}
          selected={selected} select={(b) => setSelected(b?.id)} open={(b) => setOpened(b.id)}
          {...(may ? { ask, drop: (b: Bar, resource: string, from: number) => { const x = chart.of.get(b.id); if (x && resource !== outside) void edit.move(x, resource, iso(from)); }, lock: (b: Bar) => { const x = chart.of.get(b.id); if (x) void edit.lock(x, !x.locked); } } : {})} />)}
      {a && <AssignmentDrawer p={p} a={a} may={may} close={() => setOpened(undefined)} lock={edit.lock} move={edit.move} />}
    </>
  );
}

/** The instant, moved on every half minute. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), minute / 2);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** What a move would do, in words. */
function useFeedback(p: Plan): (f: MoveFeedback) => string {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  return (f) => {
    const number = (order: string | undefined) => p.orders.find((o) => o.id === order)?.number ?? "";
    const when = ms(f.end) > ms(f.start) ? `${shortTime(f.start)} – ${clock(f.end)}${f.setup_ms > 0 ? ` · ${t("fig.setup")} ${span(f.setup_ms, lang)}` : ""}` : "";
    const verdict = verdictOf(f);
    if (verdict === "fits") return t("move.fits", { when });
    if (verdict === "pushes") return t("move.pushes", { when, n: f.pushes.length, who: [...new Set(f.pushes.map((r) => number(r.order)))].slice(0, 4).join("、") });
    const why = f.violations.map((v) => `${t(`violation.${v.kind}`)}${v.other ? ` ${number(v.other.order)}-${v.other.job}` : ""}`);
    return t("move.wrong", { why: [...new Set(why)].join("、") || t("violation.machine"), earliest: f.earliest && ms(f.earliest) > 0 ? t("move.earliest", { at: shortTime(f.earliest) }) : "" });
  };
}

export interface Edit { lock: (a: Assignment, locked: boolean) => Promise<void>; move: (a: Assignment, equipment: string, start: string) => Promise<void> }

/** Moves and locks; each makes another draft, which is shown. */
function useEdit(p: Plan, words: (f: MoveFeedback) => string): Edit {
  const { t } = useTranslation("planning");
  const { message, modal } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [, set] = usePlanningSearch();
  const show = async (made: Promise<{ id: string }>) => {
    try {
      const { id } = await made;
      await client.invalidateQueries({ queryKey: ["plans"] });
      set({ plan: id });
    } catch (err) {
      void message.error(problem(err), 10);
    }
  };
  return {
    lock: (a, locked) => show(lockPlan(p.id, [{ order: a.order, job: a.job }], locked)),
    move: async (a, equipment, start) => {
      const to = { order: a.order, job: a.job, equipment, start };
      try {
        const f = await checkMove(p.id, to);
        const verdict = verdictOf(f);
        if (verdict === "wrong") return void message.error(words(f), 8);
        if (verdict === "pushes" && !(await modal.confirm({ title: t("move.settle"), content: words(f), okText: t("move.settle.do"), cancelText: t("common:cancel") }))) return;
        await show(movePlan(p.id, to, verdict === "pushes"));
      } catch (err) {
        void message.error(problem(err), 10);
      }
    },
  };
}

/** The chart's twin for whoever reads rows. */
function Rows({ p, open }: { p: Plan; open: (id: string) => void }) {
  const { t } = useTranslation("planning");
  const { lang, name } = useLang();
  const machines = new Map(p.machines.map((m) => [m.equipment, name(m.name)]));
  const orders = new Map(p.orders.map((o) => [o.id, o]));
  const where = (a: Assignment) => (a.equipment ? (machines.get(a.equipment) ?? a.equipment) : t("outside"));
  const exportCsv = () => download(`plan-${p.number}.csv`, csv([
    [t("machine"), t("start.at"), t("end.at"), t("order"), t("job"), t("product"), t("quantity"), t("fig.setup"), t("due"), t("marks")],
    ...p.assignments.map((a) => {
      const o = orders.get(a.order);
      return [where(a), dateTime(a.start), dateTime(a.end), o?.number, `${a.job} ${name(a.name)}`, o?.product, a.quantity, a.setup_ms ? span(a.setup_ms, lang) : "", o ? dateTime(o.due) : "", a.locked ? t("locked") : ""];
    }),
  ]), "text/csv");
  return (<>
    <div className="row" style={{ justifyContent: "flex-end", marginBottom: 4 }}><Button size="small" onClick={exportCsv}>{t("common:export.csv")}</Button></div>
    <Table<Assignment> size="small" rowKey={idOf} dataSource={p.assignments} pagination={{ pageSize: 20, showSizeChanger: false }} scroll={{ x: 900 }}
      columns={[
        { title: t("machine"), key: "machine", sorter: (a, b) => where(a).localeCompare(where(b), "zh"), render: (_, a) => where(a) },
        { title: t("start.at"), key: "start", sorter: (a, b) => ms(a.start) - ms(b.start), render: (_, a) => shortTime(a.start) },
        { title: t("end.at"), key: "end", sorter: (a, b) => ms(a.end) - ms(b.end), render: (_, a) => shortTime(a.end) },
        { title: t("order"), key: "order", sorter: (a, b) => (orders.get(a.order)?.number ?? "").localeCompare(orders.get(b.order)?.number ?? ""), render: (_, a) => <button type="button" className="figbtn" onClick={() => open(idOf(a))}>{orders.get(a.order)?.number} · {a.job} {name(a.name)}</button> },
        { title: t("quantity"), key: "quantity", align: "right", render: (_, a) => a.quantity },
        { title: t("fig.setup"), key: "setup", align: "right", render: (_, a) => (a.setup_ms ? span(a.setup_ms, lang) : "—") },
        { title: t("due"), key: "due", render: (_, a) => { const o = orders.get(a.order); return o ? <>{shortTime(o.due)}{o.late_ms ? <b style={{ color: "var(--alarm)" }}> {t("late.by", { by: span(o.late_ms, lang) })}</b> : ""}</> : ""; } },
        { title: t("marks"), key: "marks", render: (_, a) => <>{a.locked && <span className="chip">{t("locked")}</span>}{a.frozen && <span className="chip">{t("legend.frozen")}</span>}</> },
      ]} />
  </>);
}
