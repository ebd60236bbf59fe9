import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Select } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { points, type Level, type Point, type PointState } from "../../api/condition";
import { session } from "../../api/queries";
import { HealthLinks } from "../../components/HealthLinks";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, measured } from "../../lib/format";
import { dateTime } from "../../lib/time";
import type { HealthSearch } from "../../routes";
import { LevelBadge, useWhy } from "./parts";
import { PointForm } from "./PointForm";
import { PointView } from "./PointView";

const order: Level[] = ["bad", "watch", "unknown", "good"];

/** How machines are by their vibration, the worst first, and what shows it. */
export default function HealthPage() {
  const { t } = useTranslation("health");
  const { name } = useLang();
  const search: HealthSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: HealthSearch) => void navigate({ to: "/health", search: { ...search, ...more }, replace: true });
  const query = useQuery(points(search.scope));
  const engineer = useQuery(session).data?.permissions.includes("engineer") ?? false;
  const [edited, setEdited] = useState<Point | "new">();
  const q = (search.q ?? "").toLowerCase();
  const all = useMemo(() => (query.data ?? [])
    .filter((p) => (!search.level || p.condition.level === search.level) && (!q || `${p.name.zh} ${p.name.en ?? ""} ${p.path}`.toLowerCase().includes(q)))
    .sort((a, b) => order.indexOf(a.condition.level) - order.indexOf(b.condition.level) || a.path.localeCompare(b.path)), [query.data, search.level, q]);
  const chosen = query.data?.find((p) => p.id === search.point);
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}>
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" /><HealthLinks here="/health" />
        {engineer && <Button onClick={() => setEdited("new")}>{t("point.add")}</Button>}
      </div>
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Select value={search.level ?? ""} aria-label={t("level")} style={{ width: 130 }} onChange={(v: Level | "") => set({ level: v || undefined })}
          options={[{ value: "", label: t("level.all") }, ...order.map((l) => ({ value: l, label: t(`level.${l}`) }))]} />
        <Input.Search allowClear defaultValue={search.q} placeholder={t("search")} aria-label={t("search")} style={{ width: 220 }} onSearch={(v) => set({ q: v || undefined })} />
        {query.data && <span className="dim">{t("count", { count: all.length })}</span>}
        <Button size="small" style={{ marginLeft: "auto" }} disabled={all.length === 0} onClick={() => exportOf(all)}>{t("common:export.csv")}</Button>
      </div>
      <section className="panel" aria-label={t("points")}>
        {!query.data ? <Waiting query={query} /> : all.length === 0 ? <Nothing text={query.data.length === 0 ? t("points.none") : undefined} /> : (
          <div className="scroll" style={{ maxHeight: 300 }} tabIndex={0}><PointTable all={all} chosen={search.point} choose={(p) => set({ point: p.id, at: undefined, with: undefined })} /></div>)}
      </section>
      {chosen && <PointView key={chosen.id} p={chosen} search={search} set={set} edit={engineer ? () => setEdited(chosen) : undefined} title={name(chosen.name) || chosen.path} />}
      {edited && <PointForm point={edited === "new" ? undefined : edited} close={(saved) => { setEdited(undefined); if (saved) set({ point: saved.ended ? undefined : saved.id }); }} />}
    </div>
  );
}

function PointTable({ all, chosen, choose }: { all: PointState[]; chosen: string | undefined; choose: (p: PointState) => void }) {
  const { t } = useTranslation("health");
  const { name } = useLang();
  const why = useWhy();
  return (
    <table className="plain">
      <caption className="vh">{t("points")}</caption>
      <thead><tr><th>{t("level")}</th><th>{t("name")}</th><th>{t("machine")}</th><th>{t("bearing")}</th><th className="r">{t("velocity")}</th><th>{t("zone")}</th><th className="r">{t("confidence")}</th><th>{t("last")}</th></tr></thead>
      <tbody>
        {all.map((p) => (
          <tr key={p.id} aria-selected={p.id === chosen}>
            <td><LevelBadge level={p.condition.level} /> <span className="dim">{why(p.condition)}</span></td>
            <td><Button type="link" size="small" style={{ padding: 0 }} onClick={() => choose(p)}>{name(p.name)}</Button></td>
            <td className="dim">{p.path}</td><td>{p.bearing}</td>
            <td className="r num">{p.condition.last?.velocity_rms_mm_s == null ? "—" : measured(p.condition.last.velocity_rms_mm_s)}</td>
            <td>{p.condition.zone ?? "—"}</td>
            <td className="r num">{p.condition.confidence ? p.condition.confidence.toFixed(2) : "—"}</td>
            <td className="num">{p.condition.last ? dateTime(p.condition.last.at) : "—"}</td>
          </tr>))}
      </tbody>
    </table>
  );
}

function exportOf(all: PointState[]): void {
  download("condition.csv", csv([
    ["path", "name", "bearing", "level", "why", "element", "confidence", "zone", "velocity_rms_mm_s", "rms", "last"],
    ...all.map((p) => [p.path, p.name.zh, p.bearing, p.condition.level, p.condition.why, p.condition.element ?? "", p.condition.confidence ?? "", p.condition.zone ?? "", p.condition.last?.velocity_rms_mm_s ?? "", p.condition.last?.features?.rms_about_mean ?? "", p.condition.last?.at ?? ""]),
  ]), "text/csv");
}
