import type { UseQueryResult } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Interval } from "../../api/types";
import { Timeline } from "../../charts/Timeline";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration } from "../../lib/format";
import { glyphs, lookKey, lookOf, looks } from "../../lib/states";
import { dateTime, ms } from "../../lib/time";

interface Props { query: UseQueryResult<Interval[]>; from: number; to: number; onView: (from: number, to: number) => void }

export function StateStrip({ query, from, to, onView }: Props) {
  const { t } = useTranslation("machine");
  const { name, lang } = useLang();
  const [view, setView] = useState<"chart" | "table">("chart");
  const words = (i: Interval) => [t(`common:${lookKey[lookOf(i.state)]}` as "common:state.UNKNOWN"), t(`common:class.${i.class}` as "common:class.APT", i.class), i.reason && name(i.reason.name), i.micro && t("common:micro"), i.product]
    .filter(Boolean).join(" · ");
  const list = query.data ?? [];
  const stands = list.filter((i) => lookOf(i.state) === "alarm");
  return (
    <section className="panel" aria-label={t("strip")}>
      <h2 className="row">{t("strip")}
        <span className="dim row" style={{ fontWeight: 400, fontSize: 12 }}>{looks.map((l) => <span key={l}>{glyphs[l]} {t(`common:${lookKey[l]}` as "common:state.UNKNOWN")}</span>)}</span>
        <Segmented size="small" style={{ marginLeft: "auto" }} value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} />
      </h2>
      {!query.data ? <Waiting query={query} /> : view === "chart" ? (
        <Timeline intervals={list} from={from} to={to} onView={onView} describe={(i) => `${words(i)} · ${duration(ms(i.to) - ms(i.from), lang)}`}
          label={t("strip.label", { from: dateTime(from), to: dateTime(to), count: list.length, down: stands.length })} />
      ) : (
        <div className="scroll" style={{ maxHeight: 320 }} tabIndex={0}>
          <table className="plain">
            <thead><tr><th>{t("from")}</th><th>{t("to")}</th><th className="r">{t("duration")}</th><th>{t("state")}</th><th>{t("by")}</th></tr></thead>
            <tbody>{[...list].reverse().map((i) => (
              <tr key={i.from}><td className="num">{dateTime(i.from)}</td><td className="num">{dateTime(i.to)}</td><td className="r num">{duration(ms(i.to) - ms(i.from), lang)}</td>
                <td>{glyphs[lookOf(i.state)]} {words(i)}</td><td className="dim">{i.reason?.by ?? i.source}</td></tr>))}</tbody>
          </table>
        </div>
      )}
    </section>
  );
}
