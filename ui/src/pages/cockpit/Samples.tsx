import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Empty, Select, Skeleton, Table } from "antd";
import { useTranslation } from "react-i18next";
import type { EvidencePage, EvidenceSampleRow } from "../../api/types";
import { evidencePage } from "../../api/walk";
import { download } from "../../lib/download";
import { csv, fixed } from "../../lib/format";
import { dateTime } from "../../lib/time";
import type { DayWalk } from "../../routes";
import { utcHour } from "./walk";

interface Props { machine: string; day: string; request: string; office: string; tags: string[]; tag: string | undefined; hour: number | undefined; go: (more: DayWalk) => void }

/** An hour of a tag as the firm's node gave it, with what its proof is worth. */
export function Samples({ machine, day, request, office, tags, tag, hour, go }: Props) {
  const { t } = useTranslation("cockpit");
  const chosen = tag ?? (tags.length === 1 ? tags[0] : undefined);
  const at = utcHour(day, hour ?? 0);
  const page = useQuery({ ...evidencePage(request, { equipment: machine, office, tag: chosen ?? "", ...at }), enabled: chosen !== undefined && hour !== undefined });
  return (
    <div className="stack">
      <div className="row">
        <Select aria-label={t("tag")} style={{ width: 220 }} placeholder={t("tag")} {...(chosen === undefined ? {} : { value: chosen })} options={tags.map((x) => ({ value: x, label: x }))} onChange={(v: string) => go({ tag: v })} />
        <Select aria-label={t("hour")} style={{ width: 140 }} placeholder={t("hour")} {...(hour === undefined ? {} : { value: hour })} onChange={(v: number) => go({ hour: v, tag: chosen })}
          options={Array.from({ length: 24 }, (_, h) => ({ value: h, label: `${String(h).padStart(2, "0")}:00–${String(h + 1).padStart(2, "0")}:00` }))} />
        {hour === undefined && <span className="dim">{t("hour.choose")}</span>}
      </div>
      {page.error && <Alert type="error" showIcon title={t("untrue")} description={page.error.message} />}
      {page.isFetching && !page.data && <Skeleton active />}
      {page.data && <Page of={page.data} name={`${chosen}-${day}-${hour}.csv`} />}
    </div>
  );
}

function Page({ of: p, name }: { of: EvidencePage; name: string }) {
  const { t } = useTranslation("cockpit");
  if (!p.proof) return <Alert type="warning" showIcon title={t("not.given", { reason: p.reason ?? p.state })} />;
  const value = (r: EvidenceSampleRow) => r.text ?? (r.value === undefined ? "" : String(r.value));
  const sheet = () => download(name, csv([[t("time"), t("value"), t("quality")], ...p.rows.map((r) => [r.time, r.text ?? r.value, r.quality])]), "text/csv");
  return (
    <div className="stack" data-testid="samples" data-proof={p.proof}>
      <Alert type={p.proof === "verified" ? "success" : "warning"} showIcon title={t(`proof.${p.proof}`, { number: p.sealed?.number ?? "", day: p.sealed?.day ?? "" })}
        description={p.sealed && <span className="mono">{t("seal.hash")} {p.sealed.hash}<br />{t("seal.digest")} {p.sealed.digest}</span>} />
      <div className="row"><span role="status">{t("samples.n", { n: fixed(p.rows.length, 0) })} <span className="dim">{p.path}{p.unit ? `（${p.unit}）` : ""}</span></span><Button onClick={sheet} disabled={p.rows.length === 0}>{t("export")}</Button></div>
      <Table<EvidenceSampleRow> size="small" rowKey={(r) => `${r.time} ${value(r)}`} dataSource={p.rows} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t(p.proof === "expired" ? "samples.expired" : "samples.none")} /> }}
        columns={[
          { title: t("time"), key: "time", render: (_, r) => <span className="num">{dateTime(r.time, true)}</span> },
          { title: t("value"), key: "value", align: "right", render: (_, r) => <span className="num">{value(r)}</span> },
          { title: t("quality"), dataIndex: "quality" },
        ]} />
    </div>
  );
}
