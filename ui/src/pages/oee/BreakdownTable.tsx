import { useQueries } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { figures } from "../../api/queries";
import type { Figure } from "../../api/types";
import { FigureValue } from "../../components/Figures";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { csv, percent } from "../../lib/format";
import { download } from "../../lib/download";
import { iso } from "../../lib/time";

const columns = ["oee", "availability", "effectiveness", "quality-ratio", "pbt", "apt", "good", "scrap", "coverage"] as const;

interface Props { scope: string; by: string; from: number; to: number; open: (path: string) => void }

const keyOf = (f: Figure): string => `${f.scope.path}|${f.scope.product ?? ""}|${f.scope.shift ?? ""}`;

/** One row per part of the scope over the whole stretch. */
export function BreakdownTable({ scope, by, from, to, open }: Props) {
  const { t } = useTranslation("oee");
  const { name } = useLang();
  const q = { scope, window: "range", from: iso(from), to: iso(to) };
  const split = useQueries({ queries: columns.map((id) => figures(id, { ...q, by })) });
  const total = useQueries({ queries: columns.map((id) => figures(id, { ...q, by: "none" })) });
  const failed = [...split, ...total].find((r) => r.error) ?? split.find((r) => r.isPending);
  const rows = new Map<string, Map<string, Figure>>();
  const add = (list: Figure[] | undefined, prefix: string) => list?.forEach((f) => {
    const key = prefix + keyOf(f);
    rows.set(key, (rows.get(key) ?? new Map<string, Figure>()).set(f.definition.id, f));
  });
  total.forEach((r) => add(r.data, "total "));
  if (by !== "none") split.forEach((r) => add(r.data, ""));
  const label = (f: Figure) => [name(f.scope.name) || t("whole"), f.scope.product !== undefined ? f.scope.product || t("noproduct") : "", f.scope.shift ?? ""].filter(Boolean).join(" · ");
  const first = (row: Map<string, Figure>) => [...row.values()][0];
  const exportCsv = () => {
    const head = [t("part"), "path", ...columns.flatMap((c) => [c, `${c} reason`]), "revision", "provisional", "from", "to"];
    const body = [...rows.values()].map((row) => {
      const f = first(row);
      return [f ? label(f) : "", f?.scope.path, ...columns.flatMap((c) => [row.get(c)?.value, row.get(c)?.reason]), f?.revision, f?.provisional ? "provisional" : "", iso(from), iso(to)];
    });
    download("oee.csv", csv([head, ...body]), "text/csv");
  };
  return (
    <section className="panel" aria-label={t("table")}>
      <h2 className="row">{t("table")}<Button size="small" style={{ marginLeft: "auto" }} disabled={rows.size === 0} onClick={exportCsv}>{t("common:export.csv")}</Button></h2>
      {failed && rows.size === 0 ? <Waiting query={failed} /> : rows.size === 0 ? <Nothing /> : (
        <div className="scroll">
          <table className="plain">
            <thead><tr><th>{t("part")}</th>{columns.map((c) => <th key={c} className="r">{name([...rows.values()].map((r) => r.get(c)).find(Boolean)?.definition.name)}</th>)}</tr></thead>
            <tbody>{[...rows].map(([key, row]) => {
              const f = first(row);
              if (!f) return null;
              const whole = key.startsWith("total ");
              return (
                <tr key={key} style={whole ? { fontWeight: 600 } : undefined}>
                  <td>{whole || by === "product" || by === "shift" ? label(f) : <button type="button" className="figbtn" onClick={() => open(f.scope.path)}>{label(f)}</button>}</td>
                  {columns.map((c) => {
                    const cell = row.get(c);
                    return <td key={c} className="r">{cell ? <FigureValue figure={cell} plain={c !== "oee"} /> : "—"}</td>;
                  })}
                </tr>);
            })}</tbody>
          </table>
        </div>)}
      <p className="dim" style={{ margin: "6px 0 0" }}>{t("sum")} {total[0]?.data?.[0]?.coverage != null && t("covered", { share: percent(total[0].data[0].coverage) })}</p>
    </section>
  );
}
