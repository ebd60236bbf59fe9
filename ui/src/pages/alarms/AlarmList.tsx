import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Input, Segmented, Select, Switch } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { alarms } from "../../api/queries";
import { AlarmTable } from "../../components/alarms/AlarmTable";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Waiting } from "../../components/Status";
import { csv } from "../../lib/format";
import { download } from "../../lib/download";
import { iso } from "../../lib/time";
import type { AlarmsSearch } from "../../routes";

/** Who finds alarms. What machines say is folded from their samples: of a whole plant
 * a long time is told of the others alone. */
const sources = ["profile", "limit", "quality", "health", "energy", "process", "control", "rule", "component", "batch", "model"] as const;

/** What needs somebody now, or what stood in a stretch of time. */
export function AlarmList() {
  const { t } = useTranslation("alarms");
  const search = useSearch({ from: "/app/alarms" });
  const navigate = useNavigate();
  const set = (change: Partial<AlarmsSearch>) => void navigate({ to: "/alarms", search: { ...search, ...change }, replace: true });
  const range = useRange(search, "8h");
  const [unacked, setUnacked] = useState(false);
  const [aside, setAside] = useState(false);
  const past = search.show === "past";
  const when = past ? { from: iso(range.from), to: iso(range.to) } : { now: true, aside: aside || undefined };
  const query = useQuery(alarms({ scope: search.scope, alarm: search.alarm, equipment: search.equipment, priority: search.priority, source: search.source, q: search.q, unacked: unacked || undefined, ...when }));
  const items = query.data?.items ?? [];
  const client = useQueryClient();
  useEffect(() => {
    if (past) return;
    const news = new EventSource(address("/alarms/live"));
    news.addEventListener("alarms", () => void client.invalidateQueries({ queryKey: ["alarms"] }));
    return () => news.close();
  }, [past, client]);
  const exportCsv = () => download("alarms.csv", csv([
    ["priority", "path", "source", "id", "text", "from", "to", "state", "lost", "acked_by", "acked_at", "note"],
    ...items.map((a) => [a.priority, a.path, a.source, a.id, a.text.zh, a.from, a.open ? "" : a.to, a.state, a.lost ? "lost" : "", a.acked?.by, a.acked?.at, a.acked?.note]),
  ]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <Segmented value={past ? "past" : "now"} onChange={(v) => set({ show: v === "past" ? "past" : undefined })} options={[{ value: "now", label: t("show.now") }, { value: "past", label: t("show.past") }]} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Select value={search.priority ?? 0} aria-label={t("priority")} style={{ width: 150 }} onChange={(v) => set({ priority: v || undefined })}
          options={[{ value: 0, label: t("priority.all") }, ...[1, 2, 3].map((n) => ({ value: n, label: n === 1 ? t("priority.1") : t("priority.upto", { level: t(`priority.${n}` as "priority.1") }) }))]} />
        <Select value={search.source ?? ""} aria-label={t("source")} style={{ width: 130 }} onChange={(v) => set({ source: v || undefined })} options={["", ...sources].map((s) => ({ value: s, label: t(`source.${s || "all"}` as "source.all") }))} />
        <Input.Search allowClear defaultValue={search.q} placeholder={t("search")} aria-label={t("search")} style={{ width: 200 }} onSearch={(q) => set({ q: q || undefined })} />
        <label className="row"><Switch size="small" checked={unacked} onChange={setUnacked} aria-label={t("unacked")} />{t("unacked")}</label>
        {!past && <label className="row"><Switch size="small" checked={aside} onChange={setAside} aria-label={t("aside")} />{t("aside")}</label>}
        {past && <RangePicker few search={search} fallback="8h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />}
        {query.data && <span className="dim">{t("count", { count: items.length })}</span>}
        {search.alarm && <Button size="small" onClick={() => set({ alarm: undefined, equipment: undefined })}>{t("every")}</Button>}
        <Button size="small" style={{ marginLeft: "auto" }} disabled={items.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
      </div>
      {query.data?.next && <Alert type="info" title={t("more")} />}
      <section className="panel">
        {!query.data ? <Waiting query={query} /> : items.length === 0 ? <Nothing text={t(past ? "none.past" : "none.now")} /> : <AlarmTable alarms={items} />}
      </section>
    </div>
  );
}
