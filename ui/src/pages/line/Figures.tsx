import { useQuery } from "@tanstack/react-query";
import { Table } from "antd";
import { useTranslation } from "react-i18next";
import { type LineAnalysis, lineDefinitions } from "../../api/line";
import type { Figure } from "../../api/types";
import { Badges, useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { figureText, fixed, percent, termText } from "../../lib/format";

/** The line's figures with their terms, and what was in the buffers. */
export function Figures({ a }: { a: LineAnalysis }) {
  const { t } = useTranslation("line");
  const { name, lang } = useLang();
  const reason = useReason();
  const definitions = useQuery(lineDefinitions).data ?? [];
  const of = (f: Figure) => definitions.find((d) => d.id === f.definition.id);
  const station = (code: string) => name(a.stations.find((s) => s.code === code)?.name) || code;
  return (
    <section className="panel" aria-label={t("figures")}>
      <h2>{t("figures")}</h2>
      <Table<Figure> size="small" rowKey={(f) => f.definition.id} dataSource={a.figures} pagination={false} scroll={{ x: 900 }}
        columns={[
          { title: t("figure"), key: "name", render: (_, f) => <><b>{name(f.definition.name)}</b><div className="dim" style={{ maxWidth: 460 }}>{name(of(f)?.description)}</div></> },
          { title: t("value"), key: "value", width: 190, align: "right", render: (_, f) => <span className="row" style={{ justifyContent: "flex-end" }}>{f.value === null ? <span className="dim">{reason(f.reason)}</span> : <b className="num">{figureText(f.value, f.unit, f.definition.digits, lang)}</b>}<Badges figure={f} /></span> },
          { title: t("terms"), key: "terms", render: (_, f) => <span className="mono">{Object.entries(f.terms).map(([k, n]) => <div key={k}>{k} = {termText(k, n, lang)}</div>)}</span> },
          { title: t("formula"), key: "formula", render: (_, f) => <span className="mono">{of(f)?.formula}</span> },
          { title: t("coverage"), key: "coverage", width: 90, align: "right", render: (_, f) => (f.coverage === null ? "—" : percent(f.coverage)) },
        ]} />
      {a.buffers.length > 0 && (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("buffer")} style={{ marginTop: 12 }}>
          <table className="plain">
            <thead><tr><th>{t("buffer")}</th><th className="r">{t("capacity")}</th><th className="r">{t("buffer.end")}</th><th className="r">{t("buffer.mean")}</th><th className="r">{t("buffer.highest")}</th><th>{t("source")}</th></tr></thead>
            <tbody>{a.buffers.map((b) => (
              <tr key={`${b.from} ${b.to}`}>
                <td>{t("buffer.name", { from: station(b.from), to: station(b.to) })}</td><td className="r num">{b.capacity ?? t("capacity.none")}</td><td className="r num">{b.content ?? "—"}</td>
                <td className="r num">{b.mean === null ? "—" : fixed(b.mean, 1)}</td><td className="r num">{b.highest ?? "—"}</td><td>{t(`anchor.${b.anchor}`)}{b.doubt ? `；⚠ ${t("buffer.doubt")}` : ""}</td>
              </tr>))}</tbody>
          </table>
        </div>)}
      <p className="dim" style={{ margin: "8px 0 0" }} title={t("root.hint")}>{t("root")} <span className="mono">{a.root}</span></p>
    </section>
  );
}
