import { useQuery } from "@tanstack/react-query";
import { DatePicker } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Network } from "../../api/energy";
import { charge, type MonthCharge } from "../../api/energyshare";
import { Nothing, Waiting } from "../../components/Status";
import { fixed, percent } from "../../lib/format";
import { dateTime, pickerDate } from "../../lib/time";
import { yuan } from "./parts";

/** What capacity or demand of a month costs, and what the other bases would come to. */
export function ChargePanel({ net }: { net: Network }) {
  const { t } = useTranslation("energyshare");
  const [month, setMonth] = useState<Dayjs>(dayjs(pickerDate(Date.now())));
  const any = (net.charges ?? []).length > 0;
  const query = useQuery({ ...charge(net.place, month.format("YYYY-MM")), enabled: any });
  return (
    <section className="panel" aria-label={t("charge")}>
      <h2>{t("charge")}</h2>
      {!any ? <Nothing text={t("charge.none")} /> : (
        <>
          <label>{t("month")} <DatePicker picker="month" allowClear={false} aria-label={t("month")} value={month} onChange={(m: Dayjs | null) => m && setMonth(m)} /></label>
          {query.data ? <Bases c={query.data} /> : <Waiting query={query} />}
        </>)}
    </section>
  );
}

function Bases({ c }: { c: MonthCharge }) {
  const { t } = useTranslation("energyshare");
  const least = Math.min(...c.bases.flatMap((b) => (b.fen === null ? [] : [b.fen])));
  return (
    <>
      <div style={{ fontSize: 16, fontWeight: 600, marginTop: 8 }}>{t("charge.fen", { month: c.month, yuan: yuan(c.fen), basis: t(`charge.${c.use.basis}`) })}</div>
      <div className="dim num">{t("energy:demand.max")} {c.max_kw === null ? t("energy:reason.no_readings") : `${fixed(c.max_kw, 1)} kW`}{c.at[0] ? ` ${t("energy:ends", { at: dateTime(c.at[0]) })}` : ""} · {t("energy:coverage")} {percent(c.coverage)}{c.at_least ? ` · ${t("charge.least")}` : ""}</div>
      <table className="plain" style={{ marginTop: 8 }}>
        <thead><tr><th>{t("bill.basis")}</th><th className="r">{t("energy:yuan")}</th><th><span className="vh">{t("charge.in.force")}</span></th></tr></thead>
        <tbody>{c.bases.map((b) => <tr key={b.basis}><td>{t(`charge.${b.basis}`)}</td><td className="r num">{b.fen === null ? <span className="dim">{t(`why.${b.why ?? "no_price"}` as "why.no_price")}</span> : yuan(b.fen)}</td><td>{b.basis === c.use.basis && <span className="chip">{t("charge.in.force")}</span>}{b.fen !== null && b.fen === least && <span className="chip">{t("charge.cheapest")}</span>}</td></tr>)}</tbody>
      </table>
      <p className="dim" style={{ margin: "4px 0 0" }}>{t("contract.rule")}</p>
    </>
  );
}
