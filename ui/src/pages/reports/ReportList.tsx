import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Empty, Input, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { type ReportLine, reports } from "../../api/reporting";
import { day8, ms } from "../../lib/time";
import type { ReportsSearch } from "../../routes";
import { found, levels } from "./reports";
import { Lateness, StateTag } from "./words";

const states = ["open", "draft", "submitted", "returned", "explained", "approved", "revised"] as const;

/** Reports of a period of every region that is wholly the asker's to see. */
export function ReportList({ period }: { period: string }) {
  const { t } = useTranslation("reports");
  const search: ReportsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const { data, error, isPending } = useQuery(reports(period));
  const set = (more: ReportsSearch) => void navigate({ to: "/reports", search: { ...search, ...more }, replace: true });
  const rows = found(data ?? [], search);
  return (
    <>
      <div className="row" style={{ marginBottom: 12 }}>
        <Select allowClear style={{ width: 140 }} aria-label={t("level")} placeholder={t("level.all")} value={search.level} onChange={(level?: string) => set({ level })} options={levels.map((l) => ({ value: l, label: t(`level.${l}`) }))} />
        <Select allowClear style={{ width: 130 }} aria-label={t("state")} placeholder={t("state.all")} value={search.state} onChange={(state?: string) => set({ state })} options={states.map((s) => ({ value: s, label: t(`state.${s}`) }))} />
        <Input.Search allowClear style={{ width: 220 }} defaultValue={search.q} aria-label={t("search")} placeholder={t("search")} onSearch={(q) => set({ q: q || undefined })} />
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <ReportTable rows={rows} loading={isPending} empty={t((data ?? []).length === 0 ? "none" : "noneFound")} />
    </>
  );
}

/** Lines of reports; each opens its own. */
export function ReportTable({ rows, loading, empty, more }: { rows: ReportLine[]; loading: boolean; empty: string; more?: (l: ReportLine) => React.ReactNode }) {
  const { t } = useTranslation("reports");
  const navigate = useNavigate();
  return (
    <Table<ReportLine> size="small" rowKey="id" loading={loading} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 860 }}
      locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={empty} /> }}
      columns={[
        { title: t("region"), key: "region", render: (_, l) => <><button type="button" className="figbtn" onClick={() => void navigate({ to: "/reports", search: { id: l.id } })}>{l.name}</button> <span className="dim mono">{l.region}</span></> },
        { title: t("level"), key: "level", width: 110, render: (_, l) => t(`level.${l.level}`) },
        { title: t("period"), dataIndex: "period", width: 90 },
        { title: t("state"), key: "state", width: 150, render: (_, l) => <><StateTag state={l.state} />{l.reminders.length > 0 && <span className="chip">{t("reminded")}</span>}</> },
        { title: t("due"), key: "due", width: 110, render: (_, l) => day8(ms(l.due) - 1) },
        { title: t("late"), key: "late", width: 110, sorter: (a, b) => a.late - b.late, render: (_, l) => <Lateness of={l} /> },
        { title: t("revision"), key: "revision", width: 80, align: "right", render: (_, l) => l.revision || "—" },
        { title: t("accepted"), key: "accepted", width: 110, align: "right", render: (_, l) => l.accepted || "—" },
        ...(more ? [{ title: "", key: "more", render: (_: unknown, l: ReportLine) => more(l) }] : []),
      ]} />
  );
}
