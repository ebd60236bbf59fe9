import { Button, Checkbox, Input, Progress, Table, Tag } from "antd";
import type { ColumnsType } from "antd/es/table";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CellProblem, Level, Sheet, SheetPlan } from "../../api/types";
import { type Answer, colours, type Row, statuses, testAll } from "./bulk";

interface Props { sheet: Sheet; plan: SheetPlan; busy: boolean; edit: (row: number, column: number, value: string) => void }

/** Every row with what becomes of it; cells can be mended in place. */
export function BulkPreview({ sheet, plan, busy, edit }: Props) {
  const { t } = useTranslation("bulk");
  const [only, setOnly] = useState(false);
  const test = useTest(plan);
  const rows = useMemo(() => plan.rows.map((r, at): Row => ({ ...r, at, cells: sheet.rows[at]?.cells ?? [] }))
    .filter((r) => !only || r.status === "error" || r.status === "doubled"), [plan, sheet, only]);
  const columns: ColumnsType<Row> = [
    { title: t("line"), dataIndex: "line", width: 60, fixed: "left", sorter: (a, b) => a.line - b.line },
    { title: t("status"), key: "status", width: 90, fixed: "left", sorter: (a, b) => statuses.indexOf(a.status) - statuses.indexOf(b.status),
      render: (_, r) => <Tag color={colours[r.status]}>{t(`status.${r.status}`)}</Tag> },
    { title: t("detail"), key: "detail", width: 320, render: (_, r) => <Detail row={r} answer={test.answers[r.line]} /> },
    ...sheet.header.map((name, c): ColumnsType<Row>[number] => ({
      title: name, key: `c${c}`, width: 170, sorter: (a, b) => (a.cells[c] ?? "").localeCompare(b.cells[c] ?? ""),
      render: (_, r) => <Cell key={r.cells[c]} value={r.cells[c] ?? ""} wrong={r.problems.some((p) => p.index === c)} label={t("cell", { line: r.line, column: name })} disabled={busy} write={(v) => edit(r.at, c, v)} />,
    })),
  ];
  return (
    <>
      <div className="row">
        {statuses.filter((s) => plan.counts[s]).map((s) => <Tag key={s} color={colours[s]}>{t(`status.${s}`)} {plan.counts[s]}</Tag>)}
        <Checkbox checked={only} onChange={(e) => setOnly(e.target.checked)}>{t("only")}</Checkbox>
        {test.running ? <Button size="small" onClick={test.stop}>{t("test.stop")}</Button> : <Button size="small" disabled={busy} onClick={test.start}>{t("test")}</Button>}
        {test.all > 0 && <Progress style={{ width: 160 }} percent={Math.round((100 * test.done) / test.all)} aria-label={t("test.progress")} />}
        <span className="dim" role="status">{busy ? t("edited") : test.all > 0 ? t("test.done", { done: test.done, all: test.all, ok: test.ok }) : ""}</span>
      </div>
      <Table<Row> size="small" rowKey="at" dataSource={rows} columns={columns} scroll={{ x: 480 + 170 * sheet.header.length }} pagination={{ defaultPageSize: 25, hideOnSinglePage: true }} />
    </>
  );
}

function Detail({ row, answer }: { row: Row; answer?: Answer | undefined }) {
  const { t } = useTranslation("bulk");
  const said = (p: CellProblem) => t(`problem.${p.code}`, { ...p.args, ...(p.args.level && { level: t(`common:level.${p.args.level as Level}`) }) });
  return (
    <>
      {row.problems.map((p) => <div key={p.column + p.what}>{t("problem", { column: p.column, text: said(p) })}</div>)}
      {row.changes.map((c) => <div key={c.column} className="dim">{t("change", { column: c.column, was: c.was || t("empty"), is: c.is || t("empty") })}</div>)}
      {answer && <div>{answer.ok ? <Tag color="success">{t("ok")}</Tag> : t("bad", { error: answer.error })}</div>}
    </>
  );
}

/** Writes when it is left or Enter is pressed, so that typing asks nobody. */
function Cell(p: { value: string; wrong: boolean; label: string; disabled: boolean; write: (v: string) => void }) {
  const [text, setText] = useState(p.value);
  const leave = () => { if (text !== p.value) p.write(text); };
  return <Input size="small" value={text} aria-label={p.label} aria-invalid={p.wrong} status={p.wrong ? "error" : ""} disabled={p.disabled} onChange={(e) => setText(e.target.value)} onBlur={leave} onPressEnter={leave} />;
}

/** The test of all connections of a plan; another plan begins anew. */
function useTest(plan: SheetPlan) {
  const [answers, setAnswers] = useState<Record<number, Answer>>({});
  const [all, setAll] = useState(0);
  const [running, setRunning] = useState(false);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => {
    setAnswers({});
    setAll(0);
    setRunning(false);
    return () => abort.current?.abort();
  }, [plan]);
  const start = () => {
    const own = new AbortController();
    abort.current = own;
    setAnswers({});
    setAll(plan.rows.filter((r) => r.equipment).length);
    setRunning(true);
    void testAll(plan.rows, own.signal, (line, a) => setAnswers((was) => ({ ...was, [line]: a }))).finally(() => { if (abort.current === own) setRunning(false); });
  };
  const told = Object.values(answers);
  return { answers, all, running, done: told.length, ok: told.filter((a) => a.ok).length, start, stop: () => abort.current?.abort() };
}
