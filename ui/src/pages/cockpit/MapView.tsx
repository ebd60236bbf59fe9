import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Skeleton } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { regions } from "../../api/queries";
import { type About, breakdown, officialMap } from "../../api/walk";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { figureText } from "../../lib/format";
import { draw } from "./project";
import { Scale } from "./Tiles";
import { stepOf, stepsOf } from "./walk";

interface Props { about: About; wanted: number | undefined; pick: string | undefined; setPick: (code: string) => void; open: (code: string) => void }

/** The official map that was installed, with the number under which it was approved. */
export function MapView({ about, wanted, pick, setPick, open }: Props) {
  const { t } = useTranslation("cockpit");
  const { lang } = useLang();
  const reason = useReason();
  const { data, error } = useQuery(breakdown(about, true));
  const { data: map } = useQuery(officialMap);
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const prefix = about.region ? codeOf(about.region).replace(/(00){1,2}$/, "") : "";
  const drawing = useMemo(() => draw((map?.divisions ?? []).filter((d) => d.code.startsWith(prefix)), 1000), [map, prefix]);
  if (error) return <Alert type="error" showIcon title={error.message} />;
  if (!data || !map) return <Skeleton active />;
  const by = new Map(data.rows.map((r) => [r.region, r]));
  const steps = stepsOf(data.rows.flatMap((r) => (r.value === null ? [] : [r.value])), wanted);
  const text = (v: number) => figureText(v, data.whole.unit, data.whole.definition.digits, lang);
  const said = (code: string) => { const r = by.get(code); return r === undefined ? t("tiles.none") : r.value === null ? reason(r.reason) : text(r.value); };
  const choose = (code: string) => (code === pick ? open(code) : setPick(code));
  return (
    <section className="stack" aria-label={t("view.map")}>
      {drawing.shapes.length === 0 && <Alert type="info" showIcon title={t("map.elsewhere")} />}
      <svg className="officialmap" viewBox={`0 0 ${drawing.width} ${drawing.height}`} role="group" aria-label={t("view.map")}>
        {drawing.shapes.map(({ code, d }) => {
          const r = by.get(code);
          return (
            <path key={code} d={d} className={`s${r?.value === null || r === undefined ? "n" : stepOf(r.value, steps)}`} fillRule="evenodd" role="button" tabIndex={0} aria-pressed={code === pick} aria-label={`${names.get(code) ?? code}：${said(code)}`}
              onClick={() => choose(code)} onKeyDown={(e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); choose(code); } }}>
              <title>{`${names.get(code) ?? code}：${said(code)}`}</title>
            </path>
          );
        })}
        {drawing.shapes.map(({ code, at: [x, y] }) => <text key={code} x={x} y={y} aria-hidden>{names.get(code) ?? code}</text>)}
      </svg>
      <p className="dim" style={{ margin: 0 }}>{t("map.approval", { approval: map.approval })}{map.source ? ` · ${map.source}` : ""}</p>
      <Scale steps={steps} wanted={wanted} text={text} />
      {pick && by.has(pick) && <div className="row" role="status"><strong>{names.get(pick)}</strong> {said(pick)} <Button type="primary" onClick={() => open(pick)}>{t("down")}</Button></div>}
    </section>
  );
}
