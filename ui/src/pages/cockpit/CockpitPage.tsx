import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Empty, Spin } from "antd";
import { useTranslation } from "react-i18next";
import { regions, session, targets } from "../../api/queries";
import type { TargetRow } from "../../api/types";
import { useReason } from "../../components/Figures";
import { RegionPicker } from "../../components/RegionPicker";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { figureText, percent } from "../../lib/format";
import { Aim } from "../targets/values";
import { useLiveFigures } from "./live";
import { YearPicker } from "./YearPicker";
import "./cockpit.css";

/** The region where a person begins: the first that was given, or the province. */
export function useHome(): string | undefined {
  const { data: me } = useQuery(session);
  const first = me?.areas?.[0];
  return first === undefined || first.region ? codeOf(first?.region ?? "33") : "330000";
}

/** Targets against their paths for the person's region; each opens on the way down. */
export default function CockpitPage() {
  const { t } = useTranslation("cockpit");
  const search = useSearch({ from: "/app/cockpit" });
  const navigate = useNavigate();
  const home = useHome();
  const region = search.region ?? home;
  const year = search.year ?? new Date().getFullYear();
  const rows = useQuery(targets(region, year));
  useLiveFigures(region, year);
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const go = (more: typeof search) => void navigate({ to: "/cockpit", search: { ...search, ...more } });
  const shown = (rows.data ?? []).filter((r) => r.target.indicators.length > 0);
  const reached = shown.filter((r) => r.reached).length;
  const measured = shown.filter((r) => r.reached !== undefined).length;
  return (
    <>
      <div className="pagehead">
        <h1>{t("title")}{region ? ` · ${names.get(codeOf(region)) ?? region}` : ""}</h1><span className="fill" />
        <RegionPicker value={region} onChange={(r) => go({ region: r })} />
        <YearPicker year={year} onChange={(y) => go({ year: y })} />
        <Button onClick={() => void navigate({ to: "/screen", search: { region, year } })}>{t("screen")}</Button>
      </div>
      {rows.error && <Alert type="error" showIcon title={rows.error.message} />}
      {rows.isPending && <Spin />}
      {rows.isSuccess && <p className="dim" role="status" style={{ marginTop: 0 }}>{t("standing", { reached, measured, all: rows.data.length })}</p>}
      {rows.isSuccess && shown.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} />}
      <ul className="cards">
        {shown.map((r) => <li key={r.target.id}><Card of={r} region={region} year={year} /></li>)}
      </ul>
    </>
  );
}

function Card({ of: r, region, year }: { of: TargetRow; region: string | undefined; year: number }) {
  const { t } = useTranslation("cockpit");
  const { lang, name } = useLang();
  const reason = useReason();
  return (
    <article className="panel card">
      <h2><span className="mono dim">{r.target.id}</span> {name(r.target.name)}</h2>
      {r.results.map((x) => (
        <div key={x.definition.id}>
          <Link to="/cockpit/$indicator" params={{ indicator: x.definition.id }} search={{ region, year }} className="big" title={t("open", { name: name(x.definition.name) })}>
            {r.results.length > 1 ? <small>{name(x.definition.name)} </small> : <span className="vh">{name(x.definition.name)} </span>}
            {x.value === null ? <span className="none">{reason(x.reason)}</span> : figureText(x.value, x.unit, x.definition.digits, lang)}
          </Link>
          {r.results.length === 1 && <p className="dim foot">{x.coverage === null ? t("no.due") : t("coverage.of", { share: percent(x.coverage) })} · {t("grade", { grade: x.confidence })}</p>}
        </div>
      ))}
      <Aim of={r} />
      <Link to="/tasks" search={{ target: r.target.id, region, year }} className="dim" aria-label={t("tasks.of", { name: name(r.target.name) })}>{t("tasks")}</Link>
    </article>
  );
}
