import { Table, Tooltip } from "antd";
import { useTranslation } from "react-i18next";
import type { Definition, Figure } from "../api/types";
import { useLang } from "../i18n/useLang";
import { figureText, percent, termText } from "../lib/format";
import { Badges, useReason } from "./Figures";
import { Nothing } from "./Status";

interface Props { figures: Figure[]; definitions: Definition[]; loading?: boolean; none?: string }

/** Figures of one question, each with its terms, formula and source. */
export function FigureTable({ figures, definitions, loading = false, none }: Props) {
  const { t } = useTranslation("figures");
  const { lang, name } = useLang();
  const reason = useReason();
  const of = (f: Figure) => definitions.find((d) => d.id === f.definition.id);
  return (
    <Table<Figure> size="small" rowKey={(f) => f.definition.id} loading={loading} dataSource={figures} pagination={false} scroll={{ x: 900 }}
      {...(none && { locale: { emptyText: <Nothing text={none} /> } })}
      columns={[
        { title: t("figure"), key: "name", render: (_, f) => <><b>{name(f.definition.name)}</b><div className="dim" style={{ maxWidth: 460 }}>{name(of(f)?.description)}</div></> },
        { title: t("value"), key: "value", width: 190, align: "right", render: (_, f) => <span className="row" style={{ justifyContent: "flex-end" }}>{f.value === null ? <span className="dim">{reason(f.reason)}</span> : <b className="num">{figureText(f.value, f.unit, f.definition.digits, lang)}</b>}<Badges figure={f} /></span> },
        { title: t("terms"), key: "terms", render: (_, f) => <span className="mono">{Object.entries(f.terms).map(([k, n]) => <div key={k}>{k} = {termText(k, n, lang)}</div>)}</span> },
        { title: t("formula"), key: "formula", render: (_, f) => <span className="mono">{of(f)?.formula}</span> },
        { title: t("coverage"), key: "coverage", width: 90, align: "right", render: (_, f) => (f.coverage === null ? "—" : percent(f.coverage)) },
        { title: t("verified"), key: "verified", width: 90, render: (_, f) => { const d = of(f); return d ? <Tooltip title={d.source}><span className="chip">{t(`verified.${d.verified as "read"}`)}</span></Tooltip> : null; } },
      ]} />
  );
}
