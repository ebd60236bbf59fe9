import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Empty, Progress, Radio, Table } from "antd";
import { useTranslation } from "react-i18next";
import { type DiagnosisProgress, diagnosisProgress } from "../../api/diagnosis";
import { regions } from "../../api/queries";
import { codeOf } from "../../lib/divisions";
import { download } from "../../lib/download";
import { fixed } from "../../lib/format";
import type { DiagnosisSearch } from "../../routes";
import { industries } from "../firms/firms";

const ways = ["county", "city", "sector"] as const;

/** How far full coverage is, by county, city or sector; the least covered first. */
export function Coverage() {
  const { t } = useTranslation("diagnosis");
  const search: DiagnosisSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const by = ways.find((w) => w === search.by) ?? "county";
  const { data, error, isPending } = useQuery(diagnosisProgress(by));
  const places = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const trades = new Map((useQuery(industries).data?.items ?? []).map((i) => [i.code, i.name]));
  const called = (key: string) => (by === "sector" ? trades.get(key) : places.get(codeOf(key))) ?? "";
  // The policy begins with the incentive counties; below them those furthest behind.
  const rows = [...(data ?? [])].sort((a, b) => Number(b.incentive ?? false) - Number(a.incentive ?? false) || a.share - b.share || a.key.localeCompare(b.key));
  const sum = rows.reduce((s, r) => ({ due: s.due + r.due, diagnosed: s.diagnosed + r.diagnosed, running: s.running + r.running }), { due: 0, diagnosed: 0, running: 0 });
  const share = (r: { due: number; diagnosed: number }) => (r.due > 0 ? `${fixed((100 * r.diagnosed) / r.due, 1)} %` : "—");
  const save = () => {
    const lines = [[t(`by.${by}`), t("progress.due"), t("progress.diagnosed"), t("progress.running"), t("progress.stationed")], ...rows.map((r) => [r.key, r.due, r.diagnosed, r.running, r.stationed ?? 0])];
    download(`diagnosis-progress-${by}.csv`, `\ufeff${lines.map((l) => l.join(",")).join("\r\n")}\r\n`, "text/csv");
  };
  return (
    <div className="stack">
      <div className="row">
        <Radio.Group value={by} optionType="button" aria-label={t("progress.by")} options={ways.map((w) => ({ value: w, label: t(`by.${w}`) }))}
          onChange={(e) => void navigate({ to: "/diagnoses", search: { tab: "coverage", by: e.target.value as string }, replace: true })} />
        <span>{t("progress.sum", { ...sum, share: share(sum) })}</span><span style={{ flex: 1 }} />
        <Button onClick={save} disabled={rows.length === 0}>{t("common:export.csv")}</Button>
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <Table<DiagnosisProgress> size="small" rowKey="key" loading={isPending} dataSource={rows} pagination={{ pageSize: 30, hideOnSinglePage: true }} scroll={{ x: 600 }}
        locale={{ emptyText: <Empty description={t("progress.none")} /> }}
        columns={[
          { title: t(`by.${by}`), key: "key", render: (_, r) => (r.key
            ? <button type="button" className="figbtn" onClick={() => void navigate({ to: "/diagnoses", search: by === "sector" ? { sector: r.key } : { region: r.key } })}>{called(r.key)} <span className="mono">{r.key}</span>{r.incentive && <span className="chip">{t("progress.incentive")}</span>}</button>
            : <span className="dim">{t("progress.unknown")}</span>) },
          { title: t("progress.due"), dataIndex: "due", align: "right" },
          { title: t("progress.diagnosed"), dataIndex: "diagnosed", align: "right" },
          { title: t("progress.running"), dataIndex: "running", align: "right" },
          ...(by === "sector" ? [] : [{ title: t("progress.stationed"), key: "stationed", align: "right" as const, render: (_: unknown, r: DiagnosisProgress) => (r.stationed || r.visits ? <button type="button" className="figbtn" onClick={() => void navigate({ to: "/experts", search: { tab: "stations", region: r.key } })}>{t("progress.visits", { n: r.stationed ?? 0, visits: r.visits ?? 0 })}</button> : "—") }]),
          { title: t("progress.share"), key: "share", render: (_, r) => <div className="row" style={{ flexWrap: "nowrap" }}><Progress percent={Math.min(100, 100 * r.share)} showInfo={false} size="small" style={{ width: 160 }} aria-label={share(r)} /> {share(r)}</div> },
        ]} />
    </div>
  );
}
