import { useQuery } from "@tanstack/react-query";
import { Button, InputNumber, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { tags } from "../../api/queries";
import { type Choice, type RoomTile, saveLayout } from "../../api/room";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { useChange, useNames } from "../production/parts";

/** An indicator that is being chosen, with what it is called. */
interface Row extends Choice { label: string; unit: string }

const most = 12;

/** Which signals stand on a tile, in which order, and between which values they are normal. */
export function LayoutEditor({ tile, close }: { tile: RoomTile; close: () => void }) {
  const { t } = useTranslation("room");
  const { lang, name } = useLang();
  const { place } = useNames();
  const [rows, setRows] = useState<Row[]>(() => tile.indicators.map((r) => ({
    equipment: r.equipment, signal: r.signal, label: `${name(r.equipment_name)} · ${name(r.title)}`, unit: unitText(r.unit, lang),
    ...(r.basis === "layout" ? { ...(r.low === undefined ? {} : { low: r.low }), ...(r.high === undefined ? {} : { high: r.high }) } : {}),
  })));
  const known = useQuery(tags(tile.path));
  const save = useChange((all: Choice[]) => saveLayout(tile, all), close);
  const key = (c: { equipment: string; signal: string }) => `${c.equipment}/${c.signal}`;
  const options = (known.data ?? []).filter((g) => g.kind === "number" && !rows.some((r) => key(r) === `${g.node}/${g.name}`))
    .map((g) => ({ value: `${g.node}/${g.name}`, label: `${place(g.node)} · ${name(g.title)} · ${g.name}` }));
  const add = (value: string) => {
    const g = (known.data ?? []).find((one) => `${one.node}/${one.name}` === value);
    if (g) setRows([...rows, { equipment: g.node, signal: g.name, label: `${place(g.node)} · ${name(g.title)}`, unit: unitText(g.unit, lang) }]);
  };
  const move = (i: number, by: number) => {
    const next = [...rows];
    const [one] = next.splice(i, 1);
    if (one) next.splice(i + by, 0, one);
    setRows(next);
  };
  const bound = (i: number, more: { low?: number | null; high?: number | null }) => setRows(rows.map((r, j) => {
    if (j !== i) return r;
    const { low, high, ...rest } = { ...r, ...more };
    return { ...rest, ...(typeof low === "number" ? { low } : {}), ...(typeof high === "number" ? { high } : {}) };
  }));
  const wrong = rows.some((r) => r.low !== undefined && r.high !== undefined && r.low >= r.high);
  const plain = rows.map(({ equipment, signal, low, high }) => ({ equipment, signal, ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) }));
  return (
    <Modal open width={760} title={t("edit.of", { name: name(tile.name) })} onCancel={close} destroyOnHidden
      footer={<>
        <Button disabled={!tile.layout_own} loading={save.isPending} onClick={() => save.mutate([])}>{t("edit.reset")}</Button>
        <Button onClick={close}>{t("common:cancel")}</Button>
        <Button type="primary" disabled={rows.length === 0 || wrong} loading={save.isPending} onClick={() => save.mutate(plain)}>{t("edit.save")}</Button>
      </>}>
      <p className="dim">{t("edit.lead")}</p>
      <ol className="layoutrows">
        {rows.map((r, i) => (
          <li key={key(r)} className="row">
            <span className="fill">{r.label} <span className="dim">{r.unit}</span></span>
            <InputNumber size="small" style={{ width: 92 }} placeholder={t("low")} aria-label={t("low.of", { name: r.label })} value={r.low ?? null} onChange={(low) => bound(i, { low })} />
            <InputNumber size="small" style={{ width: 92 }} placeholder={t("high")} aria-label={t("high.of", { name: r.label })} value={r.high ?? null} status={r.low !== undefined && r.high !== undefined && r.low >= r.high ? "error" : ""} onChange={(high) => bound(i, { high })} />
            <Button size="small" disabled={i === 0} aria-label={t("up.of", { name: r.label })} onClick={() => move(i, -1)}>↑</Button>
            <Button size="small" disabled={i === rows.length - 1} aria-label={t("down.of", { name: r.label })} onClick={() => move(i, 1)}>↓</Button>
            <Button size="small" danger aria-label={t("remove.of", { name: r.label })} onClick={() => setRows(rows.filter((_, j) => j !== i))}>{t("remove")}</Button>
          </li>
        ))}
      </ol>
      <Select showSearch style={{ width: "100%" }} aria-label={t("add")} placeholder={t("add")} disabled={rows.length >= most} loading={known.isLoading} value={null} optionFilterProp="label" options={options} onChange={(v: string | null) => v && add(v)} />
    </Modal>
  );
}
