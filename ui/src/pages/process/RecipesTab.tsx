import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Recipe, recipes } from "../../api/process";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime, shortTime } from "../../lib/time";
import { useNames } from "../production/parts";
import { RecipeDrawer } from "./RecipeDrawer";
import { RecipeForm } from "./RecipeForm";
import { StateTag, useMay, useProcessSearch } from "./parts";

/** Recipes, each revision by itself: written, checked, approved, retired. */
export function RecipesTab() {
  const { t } = useTranslation("process");
  const { name } = useLang();
  const { product } = useNames();
  const { writes } = useMay();
  const [search, set] = useProcessSearch();
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<Recipe | "new">();
  const query = useQuery(recipes({ scope: search.scope, all: search.ended }));
  const rows = (query.data ?? []).filter((r) => `${r.item}\n${product(r.item)}\n${r.place_name?.zh ?? ""}\n${r.place_name?.en ?? ""}\n${r.note ?? ""}`.toLowerCase().includes(text.toLowerCase()));
  const save = () => download("recipes.csv", csv([["item", "operation", "place", "revision", "state", "from", "signal", "unit", "target", "low", "high", "download", "delay_s"],
    ...rows.flatMap((r) => r.parameters.map((p) => [r.item, r.operation, r.path, r.revision, r.state, r.from, p.signal, p.unit, p.target, p.low, p.high, p.download ? 1 : 0, p.delay_s]))]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Input.Search allowClear style={{ width: 260 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} />
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("retired.too")}</Checkbox><span className="fill" />
        <Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>{writes && <Button type="primary" onClick={() => setEditing("new")}>{t("recipe.add")}</Button>}
      </div>
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<Recipe> size="small" rowKey={(r) => r.id ?? ""} loading={query.isLoading} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t(query.data?.length ? "recipe.nothing" : "recipe.none")} /> }}
        columns={[
          { title: t("item"), key: "item", sorter: (a, b) => a.item.localeCompare(b.item), render: (_, r) => <><button type="button" className="figbtn" onClick={() => set({ recipe: r.id })}>{product(r.item)}</button><div className="dim mono">{r.item}</div></> },
          { title: t("operation"), key: "operation", width: 80, align: "right", render: (_, r) => r.operation || t("operation.all") },
          { title: t("place"), key: "place", render: (_, r) => <>{r.place_name && name(r.place_name)}<div className="dim mono">{r.profile}</div></> },
          { title: t("revision"), dataIndex: "revision", width: 70, align: "right", sorter: (a, b) => (a.revision ?? 0) - (b.revision ?? 0) },
          { title: t("state"), key: "state", width: 100, render: (_, r) => <StateTag state={r.state} /> },
          { title: t("from"), key: "from", width: 160, render: (_, r) => (r.from ? <span className="num">{dateTime(r.from)}</span> : "—") },
          { title: t("parameters"), key: "parameters", width: 140, render: (_, r) => t("parameters.of", { n: r.parameters.length, set: r.parameters.filter((p) => p.download).length }) },
          { title: t("changed"), key: "changed", width: 140, render: (_, r) => { const last = r.steps?.at(-1); return last && <>{last.by}<div className="dim">{shortTime(last.at)}</div></>; } },
        ]} />
      {search.recipe && <RecipeDrawer key={search.recipe} id={search.recipe} close={() => set({ recipe: undefined })} edit={setEditing} />}
      {editing && <RecipeForm of={editing === "new" ? undefined : editing} close={(saved) => { setEditing(undefined); if (saved) set({ recipe: saved.id }); }} />}
    </div>
  );
}
