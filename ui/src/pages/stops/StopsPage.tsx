import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { stops } from "../../api/queries";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Nothing, Waiting } from "../../components/Status";
import { StopTable } from "../../components/stops/StopTable";
import { iso } from "../../lib/time";
import type { StopsSearch } from "../../routes";

/** Every standstill, newest first: press one, press its reason, done. */
export default function StopsPage() {
  const { t } = useTranslation("stops");
  const search = useSearch({ from: "/app/stops" });
  const navigate = useNavigate();
  const set = (change: Partial<StopsSearch>) => void navigate({ to: "/stops", search: { ...search, ...change }, replace: true });
  const [micro, setMicro] = useState(false);
  const range = useRange(search, "8h");
  const query = useQuery(stops({ scope: search.scope, unassigned: search.show !== "all", micro, from: iso(range.from), to: iso(range.to) }));
  const rows = query.data?.items ?? [];
  return (
    <>
      <div className="pagehead">
        <h1>{t("title")}</h1><span className="dim" role="status">{t("count", { n: rows.length })}</span><span className="fill" />
        <Checkbox checked={search.show !== "all"} onChange={(e) => set({ show: e.target.checked ? undefined : "all" })}>{t("unassigned")}</Checkbox>
        <Checkbox checked={micro} onChange={(e) => setMicro(e.target.checked)}>{t("micro")}</Checkbox>
        <RangePicker search={search} fallback="8h" range={range} few set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
      </div>
      <section className="panel">
        <Waiting query={query} />
        {query.data && (rows.length === 0 ? <Nothing text={t("none")} /> : <StopTable stops={rows} />)}
      </section>
    </>
  );
}
