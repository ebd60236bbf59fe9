import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { alarms } from "../../api/queries";
import { AlarmTable } from "../../components/alarms/AlarmTable";
import { Nothing, Waiting } from "../../components/Status";
import { iso } from "../../lib/time";

export function MachineAlarms({ id, from, to }: { id: string; from: number; to: number }) {
  const { t } = useTranslation("alarms");
  const query = useQuery(alarms({ equipment: id, from: iso(from), to: iso(to) }));
  return (
    <section className="panel" aria-label={t("title")}>
      <h2>{t("title")}</h2>
      {!query.data ? <Waiting query={query} /> : query.data.items.length === 0 ? <Nothing text={t("none.past")} /> : (
        <div className="scroll" style={{ maxHeight: 340 }}><AlarmTable alarms={query.data.items} machine={false} /></div>)}
    </section>
  );
}
