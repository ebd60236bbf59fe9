import { Alert } from "antd";
import { useTranslation } from "react-i18next";
import type { Preview } from "../../api/models";
import { fixed, measured } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { DroppedList } from "./DroppedList";
import { useInput } from "./parts";
import { Said } from "../../components/Said";

/** What a study would learn of. */
export function PreviewPanel({ p }: { p: Preview }) {
  const { t } = useTranslation("models");
  const input = useInput();
  return (
    <section className="panel" aria-label={t("preview")}>
      <h2>{t("preview")}</h2>
      {p.why && <Alert showIcon type="warning" title={<Said text={p.why} />} />}
      <p role="status" style={{ margin: "4px 0" }}>{t("preview.rows", { rows: fixed(p.rows, 0), windows: fixed(p.windows, 0), failures: p.failures.length })}</p>
      <DroppedList all={p.dropped} />
      {p.columns.length > 0 && <table className="plain"><caption className="vh">{t("inputs")}</caption>
        <thead><tr><th>{t("input")}</th><th className="r">{t("stat.min")}</th><th className="r">{t("stat.mean")}</th><th className="r">{t("stat.max")}</th></tr></thead>
        <tbody>{p.columns.map((c) => <tr key={`${c.stat}:${c.signal}`}><td>{input(c)}</td><td className="r num">{measured(c.min)}</td><td className="r num">{measured(c.mean)}</td><td className="r num">{measured(c.max)}</td></tr>)}</tbody></table>}
      {p.first.length > 0 && <div className="scroll" tabIndex={0} role="group" aria-label={t("preview.first")} style={{ maxHeight: 220, marginTop: 8 }}><table className="plain"><caption className="vh">{t("preview.first")}</caption>
        <thead><tr><th>{t("at")}</th>{p.columns.map((c) => <th key={`${c.stat}:${c.signal}`} className="r">{input(c)}</th>)}<th className="r">{t("target")}</th></tr></thead>
        <tbody>{p.first.map((r) => <tr key={`${r.at}${r.equipment}`}><td className="num">{dateTime(r.at)}</td>{r.values.map((v, i) => <td key={i} className="r num">{measured(v)}</td>)}<td className="r num">{r.target === null ? "—" : measured(r.target)}</td></tr>)}</tbody></table></div>}
    </section>
  );
}
