import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Input, Segmented, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Limit, limits, type Stage, stages } from "../../api/alarms";
import { Priority } from "../../components/alarms/AlarmTable";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, measured, unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { LimitEditor } from "./LimitEditor";

/** Limits that people set on signals: drafted, tried on history, live. */
export function Limits({ may }: { may: boolean }) {
  const { t } = useTranslation("alarms");
  const { name, lang } = useLang();
  const [stage, setStage] = useState<Stage | undefined>();
  const [scope, setScope] = useState<string | undefined>();
  const [q, setQ] = useState("");
  const [open, setOpen] = useState<Partial<Limit> | null>(null);
  const list = useInfiniteQuery(limits({ stage, scope, q: q || undefined }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const rule = (l: Limit) => `${t(`kind.${l.kind}`)} ${measured(l.value)} ${unitText(l.unit, lang)}${l.kind === "rate" ? t("per.minute") : ""}`;
  const exportCsv = () => download("alarm-limits.csv", csv([
    ["path", "signal", "stage", "kind", "value", "unit", "deadband", "on_delay_s", "off_delay_s", "priority", "text", "response", "reason", "by", "at", "version"],
    ...rows.map((l) => [l.path, l.signal, l.stage, l.kind, l.value, l.unit, l.deadband, l.on_delay_s, l.off_delay_s, l.priority, l.text.zh, l.response?.zh, l.reason, l.by, l.at, l.rev]),
  ]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <Segmented aria-label={t("stage")} value={stage ?? "all"} onChange={(v) => setStage(v === "all" ? undefined : (v as Stage))} options={[{ value: "all", label: t("stage.all") }, ...stages.map((s) => ({ value: s, label: t(`stage.${s}`) }))]} />
        <ScopePicker value={scope} set={setScope} />
        <Input.Search allowClear placeholder={t("limits.search")} aria-label={t("limits.search")} style={{ width: 220 }} onSearch={setQ} />
        <span style={{ marginLeft: "auto" }} />
        <Button size="small" disabled={rows.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
        {may && <Button type="primary" onClick={() => setOpen({})}>{t("limits.add")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Limit> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t("limits.none")} /> }}
        columns={[
          { title: t("priority"), key: "priority", width: 90, sorter: (a, b) => a.priority - b.priority, render: (_, l) => <Priority level={l.priority} /> },
          { title: t("text"), key: "text", render: (_, l) => <><div>{name(l.text)}</div>{l.response && <div className="dim" style={{ fontSize: 12 }}>{name(l.response)}</div>}</> },
          { title: t("signal"), key: "signal", width: 260, sorter: (a, b) => a.path.localeCompare(b.path), render: (_, l) => <><Link to="/machines/$id" params={{ id: l.equipment }}>{l.path.split("/").at(-1)}</Link> <span className="mono">{l.signal}</span></> },
          { title: t("rule"), key: "rule", width: 210, render: (_, l) => <><div className="num">{rule(l)}</div><div className="dim" style={{ fontSize: 12 }}>{t("rule.delays", { on: l.on_delay_s ?? 0, off: l.off_delay_s ?? 0, band: measured(l.deadband ?? 0) })}</div></> },
          { title: t("stage"), key: "stage", width: 80, render: (_, l) => <Tag color={l.stage === "live" ? "success" : "default"}>{t(`stage.${l.stage}`)}</Tag> },
          { title: t("version"), key: "version", width: 220, render: (_, l) => <><div>{t("version.of", { rev: l.rev, by: l.by })}</div><div className="dim" style={{ fontSize: 12 }} title={l.reason}>{dateTime(l.at)} · {l.reason}</div></> },
          { title: "", key: "do", width: 80, render: (_, l) => <Button size="small" onClick={() => setOpen(l)}>{t("open")}</Button> },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button></div>}
      {open && <LimitEditor limit={open} may={may} close={() => setOpen(null)} />}
    </div>
  );
}
