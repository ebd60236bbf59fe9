import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { orderEnergy, type Share } from "../../api/energyshare";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration, fixed } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useWhy } from "../energy/AllocationTab";
import { yuan } from "../energy/parts";

/** Electricity that an order used, by job and by what its machines did meanwhile. */
export function OrderEnergyTab({ id }: { id: string }) {
  const { t } = useTranslation("energyshare");
  const { name, lang } = useLang();
  const why = useWhy();
  const query = useQuery(orderEnergy(id));
  const e = query.data;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!e) return <Waiting query={query} />;
  const o = e.order;
  if (!o) return <Nothing text={t(`why.${e.reason ?? "no_meters"}` as "why.no_meters")} />;
  const cells = (s: Share) => <><td className="r num">{fixed(s.kwh, 3)}</td><td className="r num">{yuan(s.fen)}</td><td className="r num">{s.co2_kg === null ? "—" : fixed(s.co2_kg, 2)}</td></>;
  const head = <><th className="r">kWh</th><th className="r">{t("energy:yuan")}</th><th className="r">{t("co2")}</th></>;
  return (
    <div className="stack">
      <div style={{ fontWeight: 600 }} className="num">{fixed(o.kwh, 2)} kWh · {yuan(o.fen)} {t("energy:yuan")} · {o.co2_kg === null ? "—" : fixed(o.co2_kg, 2)} {t("co2")}{e.from && e.to ? <span className="dim"> {dateTime(e.from)} – {dateTime(e.to)}</span> : null}</div>
      <div>{t("per.good")}：{o.per_good ? <b className="num">{fixed(o.per_good.kwh, 4)}</b> : <span className="dim">{why(o)}</span>}{o.per_good?.fen != null && <span className="num"> · {t("per.fen")} {fixed(o.per_good.fen / 100, 4)}</span>}</div>
      <table className="plain"><caption className="dim" style={{ textAlign: "left" }}>{t("by.job")}</caption>
        <thead><tr><th>{t("job")}</th>{head}<th className="r">{t("good")}</th></tr></thead>
        <tbody>{o.jobs.map((j) => <tr key={j.no}><td>{j.no} {name(j.name)}</td>{cells(j)}<td className="r num">{fixed(j.good, 0)}</td></tr>)}</tbody>
      </table>
      <table className="plain"><caption className="dim" style={{ textAlign: "left" }}>{t("by.doing")}</caption>
        <thead><tr><th>{t("state")}</th>{head}<th className="r">{t("machine.time")}</th></tr></thead>
        <tbody>{o.parts.map((p) => <tr key={p.what}><td>{t(`energy:doing.${p.what}`)}</td>{cells(p)}<td className="r num">{duration(p.ms, lang)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}
