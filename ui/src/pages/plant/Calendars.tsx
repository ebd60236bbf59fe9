import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { calendars, session } from "../../api/queries";
import type { Calendar } from "../../api/types";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { CalendarForm } from "./CalendarForm";

const fresh: Calendar = { code: "", name: { zh: "" }, zone: "Asia/Shanghai", shifts: [{ code: "day", name: { zh: "白班" }, start: "08:00", end: "17:00", weekdays: [1, 2, 3, 4, 5], breaks: [{ start: "12:00", end: "13:00" }] }] };

export function Calendars() {
  const { t } = useTranslation("plant");
  const { name } = useLang();
  const query = useQuery(calendars);
  const { data: me } = useQuery(session);
  const [edited, setEdited] = useState<Calendar>();
  const may = me?.permissions.includes("engineer") ?? false;
  const days = t("weekday");
  return (
    <div className="stack">
      {may && <div><Button onClick={() => setEdited(fresh)}>{t("cal.add")}</Button></div>}
      {!query.data ? <Waiting query={query} /> : query.data.length === 0 && <Nothing />}
      {(query.data ?? []).map((c) => (
        <section key={c.code} className="panel">
          <div className="row"><h2 style={{ margin: 0 }}>{name(c.name)} <span className="dim mono">{c.code}</span></h2>{may && <Button size="small" onClick={() => setEdited(c)}>{t("common:edit")}</Button>}</div>
          <p className="dim">{t("cal.zone")}: {c.zone}</p>
          <table className="plain">
            <thead><tr><th>{t("cal.shift")}</th><th>{t("cal.time")}</th><th>{t("cal.days")}</th><th>{t("cal.breaks")}</th></tr></thead>
            <tbody>
              {c.shifts.map((s) => (
                <tr key={s.code}>
                  <td>{name(s.name)}</td><td>{s.start}–{s.end}</td><td>{s.weekdays.map((d) => days[d - 1]).join(" ")}</td>
                  <td>{(s.breaks ?? []).map((b) => `${b.start}–${b.end}`).join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p>{t("cal.holidays")}: {(c.holidays ?? []).map((d) => `${d.date} ${name(d.name)}`).join(", ") || t("common:none")}</p>
          {(c.workdays ?? []).length > 0 && <p>{t("cal.workdays")}: {(c.workdays ?? []).map((d) => `${d.date} ${name(d.name)}`).join(", ")}</p>}
        </section>
      ))}
      {edited && <CalendarForm calendar={edited} close={() => setEdited(undefined)} />}
    </div>
  );
}
