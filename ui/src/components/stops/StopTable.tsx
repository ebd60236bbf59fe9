import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import type { Stop } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { duration } from "../../lib/format";
import { glyphs, lookKey, lookOf } from "../../lib/states";
import { dateTime, ms, shortTime } from "../../lib/time";
import { Since } from "../../pages/overview/Tile";
import { ReasonPicker } from "./ReasonPicker";

export const unexplained = (s: Stop): boolean => !s.reason || s.reason.id === "unassigned" || s.parts.some((p) => !p.reason || p.reason.id === "unassigned");

/** Stops with who said why; the first touch opens the reasons. */
export function StopTable({ stops, machine = true }: { stops: Stop[]; machine?: boolean }) {
  const { t } = useTranslation("stops");
  const { lang, name } = useLang();
  const { data: me } = useQuery(session);
  const [picked, setPicked] = useState<Stop | null>(null);
  const may = me?.permissions.includes("report") ?? false;
  return (
    <div className="scroll" tabIndex={0} aria-label={t("title")}>
      <table className="plain">
        <thead><tr>{machine && <th>{t("machine")}</th>}<th>{t("from")}</th><th className="r">{t("duration")}</th><th className="r">{t("lost")}</th><th>{t("state")}</th><th>{t("reason")}</th><th>{t("by")}</th><th /></tr></thead>
        <tbody>
          {stops.map((s) => (
            <tr key={`${s.equipment}/${s.from}`}>
              {machine && <td><Link to="/machines/$id" params={{ id: s.equipment }}>{name(s.name)}</Link></td>}
              <td className="num" title={dateTime(s.from)} style={{ whiteSpace: "nowrap" }}>{shortTime(s.from)}{s.open ? ` · ${t("open")}` : ""}</td>
              <td className="r num">{s.open ? <Since since={s.from} /> : duration(ms(s.to) - ms(s.from), lang)}</td>
              <td className="r num">{duration(s.lost_ms, lang)}</td>
              <td style={{ whiteSpace: "nowrap" }}>{glyphs[lookOf(s.state)]} {t(`common:${lookKey[lookOf(s.state)]}` as "common:state.UNKNOWN")}{s.micro && <span className="chip">{t("common:micro")}</span>}</td>
              <td>{unexplained(s) ? <b>{t("common:unassigned")}</b> : name(s.reason?.name)}{s.parts.length > 1 && <span className="dim"> · {t("parts", { count: s.parts.length })}</span>}</td>
              <td className="dim">{speaker(s.reason?.by, t)}</td>
              <td>{may && <Button size="small" type={unexplained(s) ? "primary" : "default"} onClick={() => setPicked(s)}>{t(unexplained(s) ? "assign" : "reassign")}</Button>}</td>
            </tr>))}
        </tbody>
      </table>
      {picked && <ReasonPicker stop={picked} close={() => setPicked(null)} />}
    </div>
  );
}

/** person:anna is Anna; machine:stop.reason is the machine itself. */
function speaker(by: string | undefined, t: (key: "by.machine" | "by.rule") => string): string {
  if (!by) return "";
  if (by.startsWith("machine")) return t("by.machine");
  if (by.startsWith("person:")) return by.slice(7);
  return by === "rule" ? t("by.rule") : by;
}
