import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Empty, Select, Table } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import { organisations, type TaskRow, targetTasks } from "../../api/ledgers";
import { regions, targets } from "../../api/queries";
import { useReason } from "../../components/Figures";
import { RegionPicker } from "../../components/RegionPicker";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { figureText } from "../../lib/format";
import type { TasksSearch } from "../../routes";
import { useHome } from "../cockpit/CockpitPage";
import { Divide } from "./Divide";
import { TaskForm } from "./TaskForm";
import { type Branch, tasksOfPolicy, treeOfTasks } from "./tasks";

const first = 2018; // the policy's year

/** Every task of a year below the one it is a part of. */
export function TaskTable({ keeps }: { keeps: boolean }) {
  const { t } = useTranslation("tasks");
  const { lang, name } = useLang();
  const search: TasksSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: TasksSearch) => void navigate({ to: "/tasks", search: { ...search, ...more }, replace: true });
  const now = new Date().getFullYear();
  const year = search.year ?? now;
  const query = { year, target: search.target, region: search.region, unit: search.unit };
  const list = useQuery(targetTasks(query));
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const units = useQuery(organisations).data?.items ?? [];
  const all = useQuery(targets(undefined, year)).data ?? [];
  const rows = list.data?.items ?? [];
  const tree = useMemo(() => treeOfTasks(rows), [rows]);
  const [adding, setAdding] = useState(false);
  const [dividing, setDividing] = useState<TaskRow>();
  const open = rows.find((r) => r.id === search.id);
  const indicatorOf = (r: TaskRow) => all.find((x) => x.target.id === r.target)?.target.indicators[0];
  const text = (r: TaskRow, v: number | null | undefined) => (v === null || v === undefined ? "—" : figureText(v, r.measure, r.digits, lang));
  return (
    <div className="stack">
      <div className="row">
        <Select<number> aria-label={t("year")} value={year} style={{ width: 100 }} onChange={(y) => set({ year: y })} options={Array.from({ length: now - first + 2 }, (_, i) => ({ value: now + 1 - i, label: String(now + 1 - i) }))} />
        <RegionPicker value={search.region} onChange={(region) => set({ region })} />
        <Select aria-label={t("target")} placeholder={t("target.all")} value={search.target} allowClear style={{ width: 260 }} showSearch={{ optionFilterProp: "label" }} onChange={(target?: string) => set({ target })} options={all.map((r) => ({ value: r.target.id, label: `${r.target.id} ${name(r.target.name)}` }))} />
        <Select aria-label={t("unit")} placeholder={t("unit.all")} value={search.unit} allowClear style={{ width: 240 }} showSearch={{ optionFilterProp: "label" }} onChange={(unit?: string) => set({ unit })} options={units.map((u) => ({ value: u.id, label: u.name }))} />
      </div>
      <div className="row">
        <Standing rows={rows} />
        <Button href={address("/target-tasks/export", query)}>{t("export")}</Button>
        {keeps && <FromPolicy rows={rows} year={year} ready={list.isSuccess && !search.target && !search.unit} />}
        {keeps && <Button type="primary" onClick={() => setAdding(true)}>{t("add")}</Button>}
      </div>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<Branch> size="small" rowKey="id" loading={list.isFetching} dataSource={tree} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 1250 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("none")} /> }}
        expandable={{ expandIcon: ({ expanded, onExpand, record }) => record.children
          ? <Button size="small" type="text" aria-label={t(expanded ? "fold" : "unfold", { what: `${name(record.name)} ${names.get(record.region) ?? ""}` })} onClick={(e) => onExpand(record, e)}>{expanded ? "▾" : "▸"}</Button>
          : null }}
        columns={[
          { title: t("task"), key: "name", width: 330, render: (_, r) => <><button type="button" className="figbtn" style={{ textAlign: "start", whiteSpace: "normal" }} onClick={() => set({ id: r.id })}><span className="mono dim">{r.target}</span> {name(r.name)}</button>{r.duty && <div className="dim">{r.duty}</div>}</> },
          { title: t("region"), key: "region", width: 100, render: (_, r) => names.get(r.region) ?? r.region },
          { title: t("unit"), dataIndex: "unit_name", width: 190 },
          { title: t("planned"), key: "planned", align: "right", width: 110, render: (_, r) => (r.status === "numeric" ? <><span className="num">{text(r, r.planned)}</span>{r.divided !== undefined && r.divided !== r.planned && <div className="dim" title={t("divided.hint")}>{t("divided", { sum: text(r, r.divided) })}</div>}</> : "—") },
          { title: t("actual"), key: "actual", align: "right", width: 120, render: (_, r) => <Actual of={r} indicator={indicatorOf(r)} text={text(r, r.actual)} /> },
          { title: t("gap"), key: "gap", align: "right", width: 100, render: (_, r) => <span className="num">{text(r, r.gap)}</span> },
          { title: t("light"), key: "light", width: 110, render: (_, r) => <Light of={r} expected={text(r, r.expected)} /> },
          { title: t("person"), key: "person", width: 90, render: (_, r) => r.person || "—" },
          { title: t("deadline"), key: "deadline", width: 105, render: (_, r) => r.deadline || `${r.year}-12-31` },
          ...(keeps ? [{ title: "", key: "do", width: 80, render: (_: unknown, r: Branch) => <Button size="small" disabled={!codeOf(r.region).endsWith("00")} onClick={() => setDividing(r)}>{t("divide")}</Button> }] : []),
        ]} />
      {(adding || open) && <TaskForm row={open} year={year} keeps={keeps} close={() => { setAdding(false); set({ id: undefined }); }} />}
      {dividing && <Divide of={dividing} there={rows.filter((r) => r.parent === dividing.id)} close={() => setDividing(undefined)} />}
    </div>
  );
}

/** The value that leads to what it is made of. */
function Actual({ of: r, indicator, text }: { of: TaskRow; indicator: string | undefined; text: string }) {
  const { t } = useTranslation("tasks");
  const reason = useReason();
  if (r.status === "judged") return <span className="dim">{t("judged")}</span>;
  if (r.actual === null || !indicator) return <span className="dim">{reason(r.reason)}</span>;
  return <Link to="/cockpit/$indicator" params={{ indicator }} search={{ region: codeOf(r.region), year: r.year }} className="num">{text}</Link>;
}

const colours = { green: "var(--ok)", yellow: "var(--warn)", red: "var(--alarm)", grey: "var(--line)" } as const;

/** A light with its word; what has no number says how far people are. */
export function Light({ of: r, expected }: { of: TaskRow; expected: string }) {
  const { t } = useTranslation("tasks");
  if (r.status !== "numeric") return <span className="chip">{t(`progress.${r.progress ?? "open"}`)}</span>;
  if (!r.light) return <>—</>;
  return <span title={t("expected", { expected })} style={{ whiteSpace: "nowrap" }}><span aria-hidden="true" style={{ display: "inline-block", width: 10, height: 10, borderRadius: 5, marginInlineEnd: 6, background: colours[r.light] }} />{t(`light.${r.light}`)}</span>;
}

function Standing({ rows }: { rows: readonly TaskRow[] }) {
  const { t } = useTranslation("tasks");
  const n = (light: string) => rows.filter((r) => r.light === light).length;
  return <span className="dim" role="status">{t("standing", { all: rows.length, green: n("green"), yellow: n("yellow"), red: n("red") })}</span>;
}

/** Enters what the policy itself asks for as the year's tasks of a region. */
function FromPolicy({ rows, year, ready }: { rows: readonly TaskRow[]; year: number; ready: boolean }) {
  const { t } = useTranslation("tasks");
  const { message } = App.useApp();
  const client = useQueryClient();
  const search: TasksSearch = useSearch({ strict: false });
  const home = useHome();
  const region = codeOf(search.region ?? home ?? "33");
  const units = useQuery(organisations).data?.items ?? [];
  const all = useQuery(targets(undefined, year)).data ?? [];
  const fresh = ready ? tasksOfPolicy(all, rows, units, region, year) : [];
  const save = useMutation({
    mutationFn: () => api.post("/target-tasks", { tasks: fresh }),
    onSuccess: async () => { message.success(t("added", { n: fresh.length })); await client.invalidateQueries(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  return <Button disabled={fresh.length === 0} loading={save.isPending} title={t("policy.hint")} onClick={() => save.mutate()}>{t("policy", { n: fresh.length })}</Button>;
}
