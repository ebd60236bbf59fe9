import { useQuery } from "@tanstack/react-query";
import { Button, Input, Popconfirm, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Characteristic, characteristics } from "../../api/quality";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { csv } from "../../lib/format";
import { download } from "../../lib/download";
import { CharacteristicForm } from "./CharacteristicForm";
import { shown, useMay, useQualitySearch, useStep } from "./parts";

/** Characteristics: what is measured of which parts, how often, and how it is charted. */
export function PlansTab() {
  const { t } = useTranslation("quality");
  const { name } = useLang();
  const [, set] = useQualitySearch();
  const { plans } = useMay();
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<Characteristic | "new">();
  const query = useQuery(characteristics());
  const end = useStep(({ path: _p, place_name: _n, ...c }: Characteristic) => api.post("/characteristics", { ...c, ended: true }));
  const rows = (query.data ?? []).filter((c) => `${c.code}\n${c.name.zh ?? ""}\n${c.name.en ?? ""}\n${c.item ?? ""}\n${c.place_name?.zh ?? ""}`.toLowerCase().includes(text.toLowerCase()));
  const spec = (c: Characteristic) => (c.attribute ? (c.level ? `${c.level}, AQL ${c.aql}` : "—") : `${shown(c.lsl, c)} … ${shown(c.usl, c)} ${c.unit ?? ""}`);
  const save = () => download("characteristics.csv", csv([["code", "zh", "en", "place", "item", "operation", "stage", "unit", "lsl", "target", "usl", "size", "every", "chart", "rules"],
    ...rows.map((c) => [c.code, c.name.zh, c.name.en, c.path, c.item, c.operation, c.stage, c.unit, c.lsl, c.target, c.usl, c.size, c.every, c.chart, c.rules.join(" ")])]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <Input.Search allowClear style={{ width: 280 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} /><span className="fill" />
        <Button onClick={save}>{t("common:export.csv")}</Button>{plans && <Button type="primary" onClick={() => setEditing("new")}>{t("plans.add")}</Button>}
      </div>
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<Characteristic> size="small" rowKey={(c) => c.id ?? ""} loading={query.isLoading} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 1080 }} locale={{ emptyText: <Nothing text={t("plans.none")} /> }}
        columns={[
          { title: t("code"), key: "code", width: 90, sorter: (a, b) => a.code.localeCompare(b.code), render: (_, c) => <Button type="link" size="small" style={{ padding: 0 }} onClick={() => set({ tab: "chart", characteristic: c.id })}>{c.code}</Button> },
          { title: t("name"), key: "name", sorter: (a, b) => (a.name.zh ?? "").localeCompare(b.name.zh ?? ""), render: (_, c) => <>{name(c.name)} {c.special && <span className="chip" title={t("special")}>◆</span>}</> },
          { title: t("place"), key: "place", width: 150, render: (_, c) => c.place_name && name(c.place_name) }, { title: t("item"), key: "item", width: 120, render: (_, c) => `${c.item ?? "—"}${c.operation ? ` / ${c.operation}` : ""}` },
          { title: t("stage"), key: "stage", width: 70, render: (_, c) => t(`stage.${c.stage}`) }, { title: t("spec"), key: "spec", width: 190, render: (_, c) => <span className="num">{spec(c)}</span> },
          { title: t("size"), dataIndex: "size", width: 80, align: "right" }, { title: t("every"), dataIndex: "every", width: 110, ellipsis: true }, { title: t("chart"), key: "chart", width: 150, render: (_, c) => t(`chart.${c.chart}`) },
          { title: "", key: "do", width: 120, render: (_, c) => plans && <span className="row"><Button size="small" aria-label={`${t("common:edit")} ${c.code}`} onClick={() => setEditing(c)}>{t("common:edit")}</Button><Popconfirm title={t("plans.end.sure")} onConfirm={() => end.mutate(c)}><Button size="small" aria-label={`${t("plans.end")} ${c.code}`}>{t("plans.end")}</Button></Popconfirm></span> },
        ]} />
      {editing && <CharacteristicForm of={editing === "new" ? undefined : editing} close={() => setEditing(undefined)} />}
    </div>
  );
}
