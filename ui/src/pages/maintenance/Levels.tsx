import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Level, levels } from "../../api/material";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, unitText } from "../../lib/format";

/** Items with a reorder point, those that are to be bought first. */
export function Levels() {
  const { t } = useTranslation("spares");
  const { name, lang } = useLang();
  const [q, setQ] = useState("");
  const query = useQuery(levels);
  const all = query.data;
  if (!all) return <Waiting query={query} />;
  const shown = all.filter((l) => `${l.item.code} ${l.item.name.zh} ${l.item.name.en ?? ""}`.toLowerCase().includes(q.toLowerCase()));
  return (
    <section className="panel" aria-label={t("levels")}>
      <p className="dim" style={{ margin: 0 }}>{t("levels.lead")}</p>
      {all.length === 0 ? <Nothing text={t("levels.none")} /> : (
        <>
          <div className="row"><Input.Search allowClear style={{ width: 220 }} aria-label={t("search")} placeholder={t("search")} value={q} onChange={(e) => setQ(e.target.value)} /><Button size="small" onClick={() => exportOf(all)}>{t("common:export.csv")}</Button></div>
          <div className="scroll" tabIndex={0} role="group" aria-label={t("levels")}><table className="plain">
            <thead><tr><th>{t("item")}</th><th>{t("name")}</th><th>{t("state")}</th><th className="r">{t("lies")}</th><th className="r">{t("coming")}</th><th className="r">{t("reserved")}</th><th className="r">{t("free")}</th><th className="r">{t("reorder")}</th><th className="r">{t("target")}</th><th className="r">{t("order")}</th></tr></thead>
            <tbody>{shown.map((l) => (
              <tr key={l.item.code}>
                <td><Link to="/material" search={{ tab: "stock", item: l.item.code }}><span className="mono">{l.item.code}</span></Link></td><td>{name(l.item.name)}</td><td>{l.low ? <b style={{ color: "var(--bad, #b42318)" }}>▲ {t("low")}</b> : t("well")}</td>
                <td className="r num">{l.lies} {unitText(l.item.unit, lang)}</td><td className="r num">{l.coming}</td><td className="r num">{l.reserved}</td><td className="r num">{l.free}</td><td className="r num">{l.item.reorder_point}</td><td className="r num">{l.item.target_stock ?? "—"}</td><td className="r num">{l.low ? l.order : "—"}</td>
              </tr>))}</tbody>
          </table></div>
        </>)}
    </section>
  );
}

function exportOf(all: Level[]): void {
  download("spares.csv", csv([["item", "name", "unit", "lies", "coming", "reserved", "free", "reorder_point", "target_stock", "low", "order"], ...all.map((l) => [l.item.code, l.item.name.zh, l.item.unit, l.lies, l.coming, l.reserved, l.free, l.item.reorder_point, l.item.target_stock, l.low ? 1 : 0, l.order])]), "text/csv");
}
