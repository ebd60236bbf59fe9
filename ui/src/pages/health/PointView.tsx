import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { picture, type PointState, readings, zones } from "../../api/condition";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { dateTime, iso } from "../../lib/time";
import type { HealthSearch } from "../../routes";
import { CombinedPanel } from "./CombinedPanel";
import { Diagnosis } from "./Diagnosis";
import { LifePanel } from "./LifePanel";
import { LevelBadge, useWhy } from "./parts";
import { ShaftPanel } from "./ShaftPanel";
import { Envelope, Spectrum } from "./Spectra";
import { Trend } from "./Trend";
import { WaterfallPanel } from "./WaterfallPanel";

interface Props { p: PointState; title: string; search: HealthSearch; set: (more: HealthSearch) => void; edit?: (() => void) | undefined }

/** One point: from its trend to a window, to the lines that show what is bad. */
export function PointView({ p, title, search, set, edit }: Props) {
  const { t } = useTranslation("health");
  const { name } = useLang();
  const why = useWhy();
  const range = useRange(search, "30d");
  const from = iso(range.from);
  const to = iso(range.to);
  const all = useQuery(readings(p.id, { from, to }));
  const table = useQuery(zones).data;
  const group = table?.groups.find((g) => g.id === p.group);
  const at = search.at ?? p.condition.last?.at;
  const shown = useQuery({ ...picture(p.id, at), enabled: at !== undefined });
  const other = useQuery({ ...picture(p.id, search.with), enabled: search.with !== undefined });
  const windows = useMemo(() => (all.data ?? []).filter((r) => r.features).map((r) => ({ value: r.at, label: dateTime(r.at) })).reverse(), [all.data]);
  return (
    <>
      <section className="panel" aria-label={title}>
        <h2 className="row" style={{ margin: 0 }}>{title} <LevelBadge level={p.condition.level} /><span className="fill" />
          <Link to="/machines/$id" params={{ id: p.equipment }}>{p.path}</Link>{edit && <Button size="small" onClick={edit}>{t("point.edit")}</Button>}</h2>
        <p role="status" style={{ margin: "6px 0 0", fontSize: 16 }}>{why(p.condition)}</p>
        <p className="dim" style={{ margin: "4px 0 0" }}>{t("bearing")} {p.bearing}{group && table && <> · {name(group.name)} · {t("zones", { ab: group.ab, bc: group.bc, cd: group.cd, standard: table.standard, verified: t(table.verified === "published" ? "published" : "unverified") })}</>}</p>
      </section>
      <RangePicker few search={search} fallback="30d" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
      {!all.data ? <Waiting query={all} /> : <Trend all={all.data} unit={p.unit} group={group} baseline={p.condition.change} name={title} at={at} choose={(a) => set({ at: a })} />}
      <div className="row">
        <span>{t("window", { at: at ? dateTime(at) : t("window.newest") })}</span>
        <Select allowClear aria-label={t("compare.with")} placeholder={t("compare.with")} style={{ width: 230 }} value={search.with} onChange={(v?: string) => set({ with: v })} options={windows.filter((w) => w.value !== at)} showSearch />
      </div>
      {shown.isError ? <Problem error={shown.error} retry={() => void shown.refetch()} /> : !shown.data ? at !== undefined && <Waiting query={shown} /> : (
        <>
          <Diagnosis r={shown.data.reading} />
          <CombinedPanel id={p.id} at={search.at} from={from} to={to} />
          <LifePanel id={p.id} />
          <ShaftPanel pic={shown.data} />
          <Envelope pic={shown.data} other={search.with ? other.data : undefined} />
          <Spectrum pic={shown.data} other={search.with ? other.data : undefined} />
        </>)}
      <WaterfallPanel id={p.id} from={from} to={to} />
    </>
  );
}
