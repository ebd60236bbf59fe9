import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Against, comparison, type Rule } from "../../api/rules";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration } from "../../lib/format";
import { dateTime, day, iso, minute } from "../../lib/time";
import { againsts } from "./Backtest";
import { Readings } from "./parts";

/** What a rule decided, beside what people did and what happened. */
export function Beside({ r }: { r: Rule }) {
  const { t } = useTranslation("rules");
  const { lang } = useLang();
  const [against, setAgainst] = useState<Against>(r.actions.some((a) => a.kind === "command") ? "commands" : "stops");
  const [to] = useState(() => Math.ceil(Date.now() / minute) * minute);
  const query = useQuery({ ...comparison(r.id ?? "", iso(to - 7 * day), iso(to), against, 3600), refetchInterval: 10_000 });
  const c = query.data;
  return (
    <section className="panel" aria-label={t("shadow")}>
      <div className="row"><h2 style={{ margin: 0 }}>{t("shadow")}</h2><Select aria-label={t("try.against")} value={against} onChange={setAgainst} style={{ width: 150 }} options={againsts.map((a) => ({ value: a, label: t(`against.${a}`) }))} /></div>
      <p className="dim" style={{ margin: "4px 0" }}>{t("shadow.lead")}</p>
      {!c ? <Waiting query={query} /> : (
        <>
          <p style={{ margin: "4px 0", fontWeight: 600 }}>{t("shadow.sum", { hits: c.hits, misses: c.misses, false: c.false_calls })}</p>
          {c.decided.length === 0 ? <p className="dim">{t("shadow.none")}</p> : (
            <div className="scroll" style={{ maxHeight: 220 }} tabIndex={0} aria-label={t("shadow")}>
              <table className="plain"><caption className="vh">{t("shadow")}</caption>
                <thead><tr><th>{t("from")}</th><th>{t("mode")}</th><th>{t("values")}</th><th>{t("followed")}</th></tr></thead>
                <tbody>{c.decided.map((d) => <tr key={d.id}><td className="num">{dateTime(d.from, true)}</td><td>{t(`mode.${d.mode}`)}</td><td><Readings of={d.readings} /></td><td>{d.after_s < 0 ? "—" : t("after", { after: duration(d.after_s * 1000, lang) })}</td></tr>)}</tbody>
              </table>
            </div>)}
          {c.alone.length > 0 && <details><summary>{t("shadow.alone")} ({c.alone.length})</summary><ul>{c.alone.map((e) => <li key={e.from} className="num">{dateTime(e.from, true)}</li>)}</ul></details>}
        </>)}
    </section>
  );
}
