import { Link } from "@tanstack/react-router";
import { Button, Table } from "antd";
import { useTranslation } from "react-i18next";
import type { Reading, RoomOverview, RoomTile } from "../../api/room";
import { Priority } from "../../components/alarms/AlarmTable";
import { Nothing } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime, shortTime } from "../../lib/time";
import { number, useValue } from "../control/parts";
import { rowsOf } from "./look";

interface Row { tile: RoomTile; r: Reading }
const states = ["normal", "low", "high", "unbound", "stale"] as const;

/** The indicators as a table: the same as the tiles, for who reads rather than looks. */
export function RoomTable({ o, old }: { o: RoomOverview; old: boolean }) {
  const { t } = useTranslation("room");
  const { name } = useLang();
  const value = useValue();
  const rows = rowsOf(o);
  const save = () => download("control-overview.csv", csv([["tile", "equipment", "signal", "value", "unit", "state", "priority", "low", "high", "sp", "limits", "at"],
    ...rows.map(({ tile, r }) => [tile.path, r.path, r.signal, r.value, r.unit, old ? "stale" : r.state, r.priority, r.low, r.high, r.sp, r.marks.map((m) => `${m.kind} ${m.value}`).join("; "), r.at])]), "text/csv");
  return (
    <>
      <div className="row"><span className="fill" /><Button size="small" disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button></div>
      <Table<Row> size="small" rowKey={({ tile, r }) => `${tile.id}/${r.equipment}/${r.signal}`} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("nothing")} /> }}
        columns={[
          { title: t("tile"), key: "tile", sorter: (a, b) => a.tile.path.localeCompare(b.tile.path), render: (_, x) => name(x.tile.name) || x.tile.path },
          { title: t("machine"), key: "machine", sorter: (a, b) => a.r.path.localeCompare(b.r.path), render: (_, { r }) => <Link to="/machines/$id" params={{ id: r.equipment }}>{name(r.equipment_name)}</Link> },
          { title: t("signal"), key: "signal", sorter: (a, b) => a.r.signal.localeCompare(b.r.signal), render: (_, { r }) => <>{name(r.title)} <span className="dim mono">{r.signal}</span></> },
          { title: t("value"), key: "value", align: "right", className: "num", render: (_, { r }) => `${old || r.state === "stale" ? "? " : ""}${value(r.value, r.unit)}` },
          { title: t("state"), key: "state", filters: states.map((s) => ({ text: t(`state.${s}`), value: s })), onFilter: (v, x) => x.r.state === v, render: (_, { r }) => <>{t(`state.${old ? "stale" : r.state}`)} {r.priority ? <Priority level={r.priority} /> : null}</> },
          { title: t("range"), key: "range", className: "num", render: (_, { r }) => <>{r.low === undefined && r.high === undefined ? "—" : t("range.of", { low: number(r.low), high: number(r.high) })}{r.basis && <div className="dim">{t(`basis.${r.basis}`)}</div>}</> },
          { title: t("sp"), key: "sp", align: "right", className: "num", render: (_, { r }) => value(r.sp, r.unit) },
          { title: t("at"), key: "at", className: "num", render: (_, { r }) => (r.at ? <span title={dateTime(r.at)}>{shortTime(r.at)}</span> : "—") },
        ]} />
    </>
  );
}
