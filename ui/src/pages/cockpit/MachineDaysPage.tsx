import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, DatePicker, Empty, Table } from "antd";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import type { MachineDay } from "../../api/types";
import { machineDays, machinePlant } from "../../api/walk";
import { firm as firmOf } from "../firms/firms";
import { useLang } from "../../i18n/useLang";
import { duration, percent } from "../../lib/format";
import { dateTime, day8, ofMicros } from "../../lib/time";
import { Crumbs } from "./Crumbs";
import { useLiveFigures } from "./live";
import { monthSpan, share } from "./walk";
import "./cockpit.css";

/** Where a machine stands: its plant, its firm and the firm's division. */
export function useWhose(machine: string) {
  const plant = useQuery({ ...machinePlant(machine), retry: false }).data;
  const firm = useQuery({ ...firmOf(plant?.firm ?? ""), enabled: Boolean(plant?.firm) }).data;
  return { plant, firm };
}

/** A machine's days of a month, each with why it counts or does not. */
export default function MachineDaysPage() {
  const { t } = useTranslation("cockpit");
  const { lang, name } = useLang();
  const { indicator, machine } = useParams({ from: "/app/cockpit/$indicator/machines/$machine" });
  const search = useSearch({ from: "/app/cockpit/$indicator/machines/$machine" });
  const navigate = useNavigate();
  const month = search.month ?? day8(Date.now()).slice(0, 7);
  const year = search.year ?? Number(month.slice(0, 4));
  const span = monthSpan(month);
  const days = useQuery(machineDays(machine, span.from, span.to));
  const { firm } = useWhose(machine);
  useLiveFigures(firm?.region, year);
  const first = days.data?.[0];
  const label = first ? name(first.name) : machine;
  const counted = (days.data ?? []).filter((d) => !d.reason).length;
  return (
    <>
      <Crumbs indicator={indicator} year={year} region={firm?.region} firm={firm && { id: firm.id, name: firm.name }} machine={{ id: machine, name: label, month }} />
      <div className="pagehead">
        <h1>{label}</h1><span className="dim">{first?.path}</span><span className="fill" />
        <DatePicker picker="month" aria-label={t("month")} allowClear={false} value={dayjs(`${month}-01`)} onChange={(d) => d && void navigate({ to: ".", search: { ...search, month: d.format("YYYY-MM") } })} />
      </div>
      {days.error && <Alert type="error" showIcon title={days.error.message} />}
      {days.data && <p className="dim" role="status">{t("days.counted", { n: counted, all: days.data.length })}</p>}
      <Table<MachineDay> size="small" rowKey="date" loading={days.isPending} dataSource={days.data ?? []} pagination={false} scroll={{ x: 760 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("days.none")} /> }}
        columns={[
          { title: t("day"), key: "date", sorter: (a, b) => a.date.localeCompare(b.date), render: (_, d) => <Link to="/cockpit/$indicator/machines/$machine/$day" params={{ indicator, machine, day: d.date }} search={{ year }}>{d.date}</Link> },
          { title: t("counts"), key: "counts", sorter: (a, b) => (a.reason ?? "").localeCompare(b.reason ?? ""), render: (_, d) => <DayVerdict of={d} /> },
          { title: t("planned"), key: "planned", align: "right", sorter: (a, b) => a.planned_ms - b.planned_ms, render: (_, d) => <span className="num">{duration(d.planned_ms, lang)}</span> },
          { title: t("known.time"), key: "known", align: "right", sorter: (a, b) => a.known_ms - b.known_ms, render: (_, d) => <span className="num">{duration(d.known_ms, lang)}</span> },
          { title: t("busy"), key: "share", align: "right", render: (_, d) => { const s = share(d.known_ms, d.planned_ms); return <span className="num">{s === undefined ? "—" : percent(s)}</span>; } },
          { title: t("revision"), key: "revision", align: "right", render: (_, d) => <span title={dateTime(ofMicros(d.as_of))}>{d.revision}</span> },
        ]} />
    </>
  );
}

export function DayVerdict({ of: d }: { of: MachineDay }) {
  const { t } = useTranslation("cockpit");
  if (!d.reason) return <span className="chip">{t("day.counts")}</span>;
  const kinds = (d.suspect ?? []).map((k) => t(`authenticity:kind.${k}` as "day", { defaultValue: k })).join("、");
  return <span>{t("day.not")}：<span className="dim">{t(`why.${d.reason}`, { kinds })}</span></span>;
}
