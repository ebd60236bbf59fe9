import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Segmented, Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { stops } from "../../api/queries";
import { Pareto } from "../../components/Pareto";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Waiting } from "../../components/Status";
import { StopTable } from "../../components/stops/StopTable";
import { iso } from "../../lib/time";
import type { StopsSearch } from "../../routes";

export default function StopsPage() {
  const { t } = useTranslation("stops");
  const search = useSearch({ from: "/app/stops" });
  const navigate = useNavigate();
  const set = (change: Partial<StopsSearch>) => void navigate({ to: "/stops", search: { ...search, ...change }, replace: true });
  const range = useRange(search, "24h");
  const [micro, setMicro] = useState(false);
  const unassigned = search.show !== "all";
  const query = useQuery(stops({ scope: search.scope, unassigned, micro, from: iso(range.from), to: iso(range.to) }));
  const items = query.data?.items ?? [];
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}>
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span>
      </div>
      <div className="row">
        <Segmented value={unassigned ? "unassigned" : "all"} onChange={(v) => set({ show: v === "all" ? "all" : undefined })} options={[{ value: "unassigned", label: t("show.unassigned") }, { value: "all", label: t("show.all") }]} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <RangePicker few search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
        <label className="row"><Switch size="small" checked={micro} onChange={setMicro} aria-label={t("micro")} />{t("micro")}</label>
        {query.data && <span className="dim">{t("count", { count: items.length })}</span>}
      </div>
      {query.data?.next && <Alert type="info" title={t("more")} />}
      <section className="panel">
        {!query.data ? <Waiting query={query} /> : items.length === 0 ? <Nothing text={t(unassigned ? "none.unassigned" : "none")} /> : <StopTable stops={items} />}
      </section>
      <Pareto scope={search.scope ?? ""} from={range.from} to={range.to} />
    </div>
  );
}
