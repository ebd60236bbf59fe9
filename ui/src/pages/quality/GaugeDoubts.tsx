import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { doubtful, type GaugeView } from "../../api/gauges";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { csv } from "../../lib/format";
import { download } from "../../lib/download";
import { dateTime } from "../../lib/time";
import { reading } from "./GaugeDetail";
import { useQualitySearch } from "./parts";

/** What the gauge measured since its last good check, and what has to be measured again. */
export function GaugeDoubts({ v, bad }: { v: GaugeView; bad: boolean }) {
  const { t } = useTranslation("gauges");
  const { name } = useLang();
  const [, set] = useQualitySearch();
  const adjusted = [...v.adjustments].reverse();
  const [before, setBefore] = useState<string | undefined>(bad ? undefined : adjusted[0]?.at);
  const [all, setAll] = useState(false);
  const query = useQuery(doubtful(v.gauge.id ?? "", before, all));
  const d = query.data;
  const n = (x: number | undefined) => reading(x, v.gauge.resolution);
  const save = () => d && download(`${v.gauge.number}-doubtful.csv`, csv([["at", "code", "place", "order", "lot", "values", "corrected", "uncertain", "again"],
    ...d.items.map((i) => [i.at, i.code, i.place_name && name(i.place_name), i.order, i.lot, i.values.join(" "), i.corrected.join(" "), i.uncertain, i.again ? "1" : ""])]), "text/csv");
  return (
    <section className="panel" aria-label={t("doubts")}>
      <h2 className="row">{t("doubts")}<span className="fill" />
        {adjusted.length > 0 && <Select aria-label={t("doubts.which")} size="small" style={{ minWidth: 240 }} value={before ?? ""} onChange={(x: string) => setBefore(x || undefined)} options={[{ value: "", label: t("doubts.now") }, ...adjusted.map((a) => ({ value: a.at ?? "", label: t("doubts.before", { at: dateTime(a.at ?? 0) }) }))]} />}
        <Checkbox checked={all} onChange={(e) => setAll(e.target.checked)}>{t("doubts.all")}</Checkbox>
        <Button size="small" className="noprint" disabled={!d} onClick={save}>{t("common:export.csv")}</Button></h2>
      {!d ? <Waiting query={query} /> : d.measured === 0 ? <Nothing text={t("doubts.none")} /> : (
        <>
          <Alert type={d.again > 0 ? "warning" : "info"} showIcon title={t("doubts.n", { n: d.measured, again: d.again, from: dateTime(d.from), to: dateTime(d.to) })} description={d.more ? t("doubts.more") : undefined} />
          {d.items.length > 0 && (
            <div className="scroll" style={{ maxHeight: 360 }} tabIndex={0} role="region" aria-label={t("doubts")}>
              <table className="plain"><thead><tr><th>{t("at")}</th><th>{t("series")}</th><th>{t("order")}</th><th className="r">{t("values")}</th><th className="r">{t("corrected")}</th><th>{t("result")}</th></tr></thead>
                <tbody>{d.items.map((i) => <tr key={`${i.characteristic} ${i.subgroup}`}><td className="num">{dateTime(i.at)}</td><td><button type="button" className="figbtn" onClick={() => set({ tab: "chart", characteristic: i.characteristic, gauge: undefined })}>{i.code}</button> {i.place_name && name(i.place_name)}</td><td className="mono">{[i.order, i.lot].filter(Boolean).join(" / ") || "—"}</td><td className="r num">{i.values.map(n).join("  ")}</td><td className="r num">{i.corrected.map(n).join("  ")} ± {n(i.uncertain)}</td><td>{i.again ? <b>{t("again")}</b> : t("same")}</td></tr>)}</tbody></table>
            </div>)}
        </>)}
    </section>
  );
}
