import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Input, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Definition, definitions, everyRow } from "../../api/production";
import { session } from "../../api/queries";
import { Nothing, Problem } from "../../components/Status";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { day8, shortTime } from "../../lib/time";
import type { DefinitionsSearch } from "../../routes";
import { DefinitionDrawer } from "./DefinitionDrawer";
import { DefinitionEditor } from "./DefinitionEditor";
import { DefinitionTag, More, useNames } from "./parts";

/** How products are made: bills of materials and routings by revision. */
export default function DefinitionsPage() {
  const { t } = useTranslation("production");
  const search: DefinitionsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: DefinitionsSearch) => void navigate({ to: "/production/definitions", search: { ...search, ...more }, replace: true });
  const me = useQuery(session).data;
  const may = me?.whole.includes("engineer") ?? false;
  const { product, place } = useNames();
  const [adding, setAdding] = useState(false);
  const query = { q: search.q, state: search.state, current: search.all ? undefined : true };
  const list = useInfiniteQuery(definitions(query));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const exportCsv = async () => {
    const all = await everyRow<Definition>("/operations-definitions", query);
    download("routings.csv", csv([
      [t("product"), t("revision"), t("state"), t("seg.no"), t("seg.name"), t("machine"), t("seg.setup"), t("seg.run")],
      ...all.flatMap((d) => d.segments.flatMap((s) => (s.outside ? [[d.product, d.revision, t(`def.${d.state}`), s.no, s.name.zh, s.outside.supplier, "", ""]]
        : s.alternatives.map((a) => [d.product, d.revision, t(`def.${d.state}`), s.no, s.name.zh, place(a.equipment), a.setup_ms / 60_000, a.run_ms / 1000])))),
    ]), "text/csv");
  };
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("defs.title")}</h1><span className="dim">{t("defs.lead")}</span></div>
      <div className="row">
        <Input.Search style={{ width: 260 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={t("defs.search")} placeholder={t("defs.search")} onSearch={(q) => set({ q: q || undefined })} />
        <Select allowClear style={{ width: 130 }} aria-label={t("state")} placeholder={t("state.all")} value={search.state} onChange={(state?: string) => set({ state })} options={(["draft", "released", "blocked"] as const).map((s) => ({ value: s, label: t(`def.${s}`) }))} />
        <Checkbox checked={search.all ?? false} onChange={(e) => set({ all: e.target.checked || undefined })}>{t("defs.all")}</Checkbox>
        <span style={{ flex: 1 }} />
        <Button disabled={rows.length === 0} onClick={() => void exportCsv()}>{t("common:export.csv")}</Button>
        {may && <Button type="primary" onClick={() => setAdding(true)}>{t("defs.add")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Definition> size="small" rowKey={(d) => `${d.product}@${d.revision}`} loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Nothing text={t(query.q || query.state ? "defs.none" : "defs.empty")} /> }}
        columns={[
          { title: t("product"), key: "product", sorter: (a, b) => a.product.localeCompare(b.product), render: (_, d) => <><button type="button" className="figbtn" onClick={() => set({ product: d.product, revision: d.revision })}>{product(d.product)}</button><div className="dim mono">{d.product}</div></> },
          { title: t("revision"), key: "revision", width: 90, align: "right", render: (_, d) => d.revision },
          { title: t("state"), key: "state", width: 100, render: (_, d) => <DefinitionTag of={d} /> },
          { title: t("defs.valid"), key: "valid", width: 210, render: (_, d) => (d.valid.from ? `${day8(d.valid.from)} – ${d.valid.to ? day8(d.valid.to) : ""}` : "—") },
          { title: t("defs.segments"), key: "segments", render: (_, d) => d.segments.map((s) => s.name.zh).join(" → ") },
          { title: t("defs.materials"), key: "materials", width: 90, align: "right", render: (_, d) => d.materials.length },
          { title: t("changed"), key: "at", width: 150, ellipsis: true, render: (_, d) => <>{d.by}<div className="dim">{d.at ? shortTime(d.at) : ""}</div></> },
        ]} />
      <More list={list} />
      {search.product && search.revision && <DefinitionDrawer product={search.product} revision={search.revision} may={may} show={(revision) => set({ revision })} close={() => set({ product: undefined, revision: undefined })} />}
      {adding && <DefinitionEditor close={() => setAdding(false)} saved={(d) => { setAdding(false); set({ product: d.product, revision: d.revision }); }} />}
    </div>
  );
}
