import { useQuery } from "@tanstack/react-query";
import { Alert, Checkbox, Drawer, Input, Table, Tabs, Tag } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { devices, session } from "../../api/queries";
import type { DeviceStatus } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { fixed, percent, span } from "../../lib/format";
import { DeviceHealth } from "./DeviceHealth";
import { DeviceValues } from "./DeviceValues";

const glyphs: Record<DeviceStatus["state"], string> = { up: "●", down: "✕", connecting: "…", off: "○", untrusted: "!", misconfigured: "!", not_accepted: "⏸" };

function total(counts: Record<string, number> | null): number {
  return Object.values(counts ?? {}).reduce((a, b) => a + b, 0);
}

export function DeviceList() {
  const { t } = useTranslation("devices");
  const { lang, name } = useLang();
  const { data, error, isPending } = useQuery(devices);
  const { data: me } = useQuery(session);
  const [text, setText] = useState("");
  const [only, setOnly] = useState(false);
  const [open, setOpen] = useState<string>();
  const rows = useMemo(() => {
    const q = text.toLowerCase();
    return (data ?? []).filter((d) => (!only || d.state !== "up") && `${d.path} ${name(d.name)} ${d.address} ${d.driver}`.toLowerCase().includes(q));
  }, [data, text, only, name]);
  const up = (data ?? []).filter((d) => d.state === "up").length;
  const shown = data?.find((d) => d.id === open);
  if (error) return <Alert type="error" showIcon message={error.message} />;
  return (
    <div className="stack">
      <div className="row">
        <Input.Search allowClear style={{ width: 280 }} placeholder={t("common:search")} aria-label={t("common:search")} onChange={(e) => setText(e.target.value)} />
        <Checkbox checked={only} onChange={(e) => setOnly(e.target.checked)}>{t("only")}</Checkbox>
        <span className="dim" role="status">{t("summary", { up, down: (data?.length ?? 0) - up })}</span>
      </div>
      <Table<DeviceStatus> size="small" rowKey="id" loading={isPending} dataSource={rows} pagination={{ pageSize: 25, hideOnSinglePage: true }} scroll={{ x: 900 }}
        columns={[
          { title: t("col.device"), key: "device", sorter: (a, b) => a.path.localeCompare(b.path),
            render: (_, d) => <button type="button" className="figbtn" onClick={() => setOpen(d.id)}>{name(d.name)}<br /><span className="dim mono">{d.path}</span></button> },
          { title: t("col.state"), key: "state", sorter: (a, b) => a.state.localeCompare(b.state),
            render: (_, d) => <><Tag color={d.state === "up" || d.state === "off" ? undefined : "error"}>{glyphs[d.state]} {t(`state.${d.state}`)}</Tag>{d.stretch > 1 && <Tag color="warning" title={d.stretch_reason}>{t("stretched", { n: d.stretch })}</Tag>}{d.error && <div className="dim">{d.error}</div>}</> },
          { title: t("col.since"), key: "since", render: (_, d) => span(Date.now() - Date.parse(d.since), lang) },
          { title: t("col.driver"), key: "driver", render: (_, d) => <>{d.driver}<div className="dim mono">{d.address}</div></> },
          { title: t("col.response"), key: "response", align: "right", sorter: (a, b) => a.response_ms.p95 - b.response_ms.p95,
            render: (_, d) => d.response_ms.p95 ? <span title={`P99 ${fixed(d.response_ms.p99, 1)} ms`}>{`${fixed(d.response_ms.p50, 1)} / ${fixed(d.response_ms.p95, 1)} ms`}</span> : "—" },
          { title: t("col.errors"), key: "errors", align: "right", sorter: (a, b) => a.error_share - b.error_share,
            render: (_, d) => <>{fixed(total(d.errors) + total(d.gated), 0)}{d.error_share > 0 && <div className="dim">{percent(d.error_share)}</div>}</> },
          { title: t("col.missed"), dataIndex: "missed_periods", align: "right" },
          { title: t("col.samples"), key: "samples", align: "right", render: (_, d) => fixed(d.samples, 0) },
        ]} />
      <Drawer open={!!shown} onClose={() => setOpen(undefined)} size="large" title={shown ? name(shown.name) : ""} destroyOnHidden>
        {shown && <Tabs defaultActiveKey="values" destroyOnHidden items={[
          { key: "values", label: t("values"), children: <DeviceValues device={shown} /> },
          ...(me?.permissions.includes("engineer") ? [{ key: "health", label: t("h.tab"), children: <DeviceHealth device={shown} /> }] : []),
        ]} />}
      </Drawer>
    </div>
  );
}
