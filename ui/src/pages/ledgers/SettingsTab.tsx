import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, InputNumber, Spin, Table, TreeSelect } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Settings, settingsHistory, type SettingsChange, targetSettings } from "../../api/ledgers";
import { policies, regions, targets } from "../../api/queries";
import type { Indicator, TargetRow } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { treeOf } from "../../lib/divisions";
import { unitText } from "../../lib/format";
import { dateTime, ofMicros } from "../../lib/time";

/** Base year, incentive counties and what each target is to come to by year. */
export function SettingsTab({ keeps }: { keeps: boolean }) {
  const { t } = useTranslation("ledgers");
  const read = useQuery(targetSettings);
  if (read.isError) return <Alert type="error" showIcon title={read.error.message} />;
  if (!read.data) return <Spin />;
  return <div className="stack"><p className="dim" style={{ margin: 0 }}>{t("settings.lead")}</p><SettingsForm key={read.data.rev} was={read.data} keeps={keeps} /><History /></div>;
}

type Paths = Record<string, Record<string, number>>;

function SettingsForm({ was, keeps }: { was: Settings; keeps: boolean }) {
  const { t } = useTranslation("ledgers");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [base, setBase] = useState<number | null>(was.base ?? null);
  const [incentive, setIncentive] = useState(was.incentive);
  const [paths, setPaths] = useState<Paths>(was.paths ?? {});
  const divisions = useQuery(regions).data;
  const tree = useMemo(() => treeOf(divisions ?? []), [divisions]);
  const save = useMutation({
    mutationFn: () => api.put<Settings>("/target-settings", { incentive, base: base ?? 0, paths, rev: was.rev }, was.rev),
    onSuccess: async () => { message.success(t("saved")); await client.invalidateQueries(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  return (
    <>
      <dl className="kv">
        <dt>{t("base")}</dt><dd><InputNumber aria-label={t("base")} min={1949} max={new Date().getFullYear()} precision={0} value={base} onChange={setBase} disabled={!keeps} /> {base === null && <span className="dim">{t("base.none")}</span>}</dd>
        <dt>{t("incentive")}</dt>
        <dd>
          <TreeSelect style={{ width: "100%", maxWidth: 720 }} aria-label={t("incentive")} multiple allowClear showSearch={{ treeNodeFilterProp: "title" }} treeDefaultExpandedKeys={["330000"]} treeData={tree} value={incentive} onChange={(v: string[]) => setIncentive(v)} disabled={!keeps} />
          <div className="dim">{t("incentive.n", { n: incentive.length })}</div>
        </dd>
      </dl>
      <PathTable paths={paths} setPaths={setPaths} keeps={keeps} />
      {keeps && <div className="row"><Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>{t("save")}</Button><span className="dim">{t("settings.hint")}</span></div>}
    </>
  );
}

/** Shares are typed in percent. */
const scaleOf = (ind: Indicator | undefined) => (ind?.unit === "1" ? 100 : 1);

function PathTable({ paths, setPaths, keeps }: { paths: Paths; setPaths: (p: Paths) => void; keeps: boolean }) {
  const { t } = useTranslation("ledgers");
  const { lang, name } = useLang();
  const now = new Date().getFullYear();
  const rows = useQuery(targets(undefined, now)).data?.filter((r) => r.target.status === "numeric") ?? [];
  const book = useQuery(policies).data;
  const first = 2018;
  const years = Array.from({ length: Math.max(now, 2022) - first + 1 }, (_, i) => first + i);
  const indicatorOf = (r: TargetRow) => book?.indicators.find((i) => i.id === r.target.indicators[0]);
  const set = (id: string, year: number, v: number | null) => {
    const { [String(year)]: _old, ...rest } = paths[id] ?? {};
    const own = v === null ? rest : { ...rest, [String(year)]: v };
    const { [id]: _was, ...others } = paths;
    setPaths(Object.keys(own).length > 0 ? { ...others, [id]: own } : others);
  };
  return (
    <Table<TargetRow> size="small" rowKey={(r) => r.target.id} dataSource={rows} pagination={false} scroll={{ x: 420 + years.length * 100, y: 460 }} title={() => <b>{t("paths")}</b>}
      columns={[
        { title: t("target"), key: "name", width: 260, fixed: "left", render: (_, r) => <><span className="mono dim">{r.target.id}</span> {name(r.target.name)}</> },
        { title: t("unit"), key: "unit", width: 70, render: (_, r) => { const i = indicatorOf(r); return i?.unit === "1" ? "%" : unitText(i?.unit, lang); } },
        { title: t("aim"), key: "aim", width: 90, render: (_, r) => <span className="num">{r.target.operator} {r.target.value === undefined ? "" : Number((r.target.value * scaleOf(indicatorOf(r))).toFixed(6))}</span> },
        ...years.map((y) => ({
          title: String(y), key: String(y), width: 100,
          render: (_: unknown, r: TargetRow) => {
            const scale = scaleOf(indicatorOf(r));
            const v = paths[r.target.id]?.[String(y)];
            return <InputNumber size="small" style={{ width: 84 }} aria-label={`${name(r.target.name)} ${y}`} disabled={!keeps} min={0} value={v === undefined ? null : Number((v * scale).toFixed(6))} onChange={(n) => set(r.target.id, y, n === null ? null : n / scale)} />;
          },
        })),
      ]} />
  );
}

function History() {
  const { t } = useTranslation("ledgers");
  const all = useQuery(settingsHistory);
  const rows = all.data?.items ?? [];
  return (
    <section className="stack">
      <h3>{t("history")}</h3>
      <Table<SettingsChange> size="small" rowKey="rev" loading={all.isLoading} dataSource={rows} pagination={{ pageSize: 10, hideOnSinglePage: true }} locale={{ emptyText: t("settings.none") }}
        columns={[
          { title: t("history.time"), key: "at", width: 170, render: (_, c) => dateTime(ofMicros(c.at)) },
          { title: t("history.who"), dataIndex: "who", width: 140, ellipsis: true },
          { title: t("base"), key: "base", width: 100, render: (_, c) => c.base || "—" },
          { title: t("incentive"), key: "incentive", width: 120, render: (_, c) => t("incentive.n", { n: c.incentive.length }) },
          { title: t("paths"), key: "paths", render: (_, c) => Object.entries(c.paths ?? {}).map(([id, p]) => `${id}: ${Object.keys(p).join(", ")}`).join("；") || "—" },
        ]} />
    </section>
  );
}
