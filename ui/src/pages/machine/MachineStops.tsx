import { useQuery } from "@tanstack/react-query";
import { Switch } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { stops } from "../../api/queries";
import { Nothing, Waiting } from "../../components/Status";
import { StopTable } from "../../components/stops/StopTable";
import { iso } from "../../lib/time";

export function MachineStops({ id, from, to }: { id: string; from: number; to: number }) {
  const { t } = useTranslation("machine");
  const [micro, setMicro] = useState(false);
  const query = useQuery(stops({ equipment: id, from: iso(from), to: iso(to), micro }));
  return (
    <section className="panel" aria-label={t("stops")}>
      <h2 className="row">{t("stops")}<label className="row" style={{ fontWeight: 400, marginLeft: "auto" }}><Switch size="small" checked={micro} onChange={setMicro} aria-label={t("stops.micro")} />{t("stops.micro")}</label></h2>
      {!query.data ? <Waiting query={query} /> : query.data.items.length === 0 ? <Nothing text={t("stops.none")} /> : (
        <div className="scroll" style={{ maxHeight: 340 }}><StopTable stops={query.data.items} machine={false} /></div>)}
    </section>
  );
}
