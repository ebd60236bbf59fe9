import { Link } from "@tanstack/react-router";
import { Button, DatePicker, Drawer, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Assignment, Plan } from "../../api/planning";
import { useLang } from "../../i18n/useLang";
import { span } from "../../lib/format";
import { dateTime, iso, ms, ofPicker, pickerDate } from "../../lib/time";
import { useNames } from "../production/parts";
import { awaited } from "./Lists";
import type { Edit } from "./PlanChart";

/** One operation of a plan; without a mouse it is moved and locked here. */
export function AssignmentDrawer({ p, a, may, close, lock, move }: { p: Plan; a: Assignment; may: boolean; close: () => void } & Edit) {
  const { t } = useTranslation("planning");
  const { lang, name } = useLang();
  const { place, product } = useNames();
  const o = p.orders.find((x) => x.id === a.order);
  const [equipment, setEquipment] = useState(a.equipment);
  const [at, setAt] = useState<Dayjs | null>(dayjs(pickerDate(ms(a.start))));
  const free = may && !a.frozen && !a.outside;
  return (
    <Drawer open onClose={close} size={560} title={`${o?.number ?? ""} · ${a.job} ${name(a.name)}`}>
      <div className="stack">
        <dl className="kv">
          <dt>{t("product")}</dt><dd>{o && product(o.product)}</dd>
          <dt>{t("machine")}</dt><dd>{a.outside ? t("outside") : place(a.equipment)}</dd>
          <dt>{t("start.at")}</dt><dd>{dateTime(a.start)}</dd>
          <dt>{t("end.at")}</dt><dd>{dateTime(a.end)}</dd>
          <dt>{t("fig.setup")}</dt><dd>{a.setup_ms ? span(a.setup_ms, lang) : "—"}{a.family && <span className="dim"> {a.family}</span>}</dd>
          <dt>{t("quantity")}</dt><dd>{a.quantity}</dd>
          <dt>{t("due")}</dt><dd>{o ? dateTime(o.due) : "—"}{o?.late_ms ? <b style={{ color: "var(--alarm)" }}> {t("late.by", { by: span(o.late_ms, lang) })}</b> : ""}</dd>
          {a.material && <><dt>{t("material.awaits")}</dt><dd>{awaited(a.material)} <span className="dim">{t("material.need", { need: a.material.need })}</span>{a.material.arrival && <> <Link to="/material" search={{ tab: "arrivals", item: a.material.item }}>{t("material.open")}</Link></>}</dd></>}
          <dt>{t("marks")}</dt><dd>{a.frozen ? t("frozen.hint") : a.locked ? t("locked") : "—"}</dd>
        </dl>
        {o && !o.assumed && <Link to="/production/orders" search={{ order: o.id }}>{t("order.open", { number: o.number })}</Link>}
        {free && (
          <section className="stack">
            <h3 style={{ margin: 0 }}>{t("move.title")}</h3>
            <div className="row">
              <Select aria-label={t("machine")} style={{ minWidth: 180 }} value={equipment} onChange={setEquipment} options={(a.alternatives ?? []).map((m) => ({ value: m, label: place(m) }))} />
              <DatePicker aria-label={t("start.at")} showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" value={at} onChange={setAt} />
              <Button type="primary" disabled={!at || !equipment} onClick={() => { if (at && equipment) { close(); void move(a, equipment, iso(ofPicker(at.toDate()))); } }}>{t("move.do")}</Button>
            </div>
            <div className="row"><Button onClick={() => { close(); void lock(a, !a.locked); }}>{t(a.locked ? "unlock" : "lock")}</Button><span className="dim">{t("lock.hint")}</span></div>
          </section>)}
      </div>
    </Drawer>
  );
}
