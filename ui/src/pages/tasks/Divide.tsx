import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Drawer, Input, InputNumber, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { organisations, type Task, type TaskRow } from "../../api/ledgers";
import { regions } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { unitText } from "../../lib/format";
import { scaleOf } from "./tasks";

interface Part { region: string; name: string; unit?: string | undefined; planned?: number | null; person?: string }

/** Divides a task among the divisions below its own: all parts are stored, or none. */
export function Divide({ of, there, close }: { of: TaskRow; there: readonly TaskRow[]; close: () => void }) {
  const { t } = useTranslation("tasks");
  const { lang, name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const scale = scaleOf(of.measure);
  const divisions = useQuery(regions).data ?? [];
  const units = useQuery(organisations).data?.items ?? [];
  const own = codeOf(of.region);
  const had = new Set(there.map((r) => r.region));
  const [typed, setTyped] = useState<Record<string, Partial<Part>>>({});
  const below: Part[] = divisions.filter((d) => d.parent === own && !had.has(d.code)).map((d) => {
    const unit = units.find((u) => u.region === d.code && !u.to)?.id;
    // The parts of a share are asked for the same share; a count is divided by people.
    return { region: d.code, name: d.name, unit, planned: of.measure === "1" && of.planned !== undefined ? Number((of.planned * scale).toFixed(6)) : null, ...typed[d.code] };
  });
  const numeric = of.status === "numeric";
  const chosen = below.filter((p) => p.unit && (numeric ? p.planned !== null && p.planned !== undefined : true));
  const sum = chosen.reduce((s, p) => s + (p.planned ?? 0), 0) + there.reduce((s, r) => s + (r.planned ?? 0) * scale, 0);
  const additive = numeric && of.measure !== "1";
  const save = useMutation({
    mutationFn: () => api.post<unknown>("/target-tasks", { tasks: chosen.map((p): Task => ({ id: "", rev: 0, parent: of.id, target: of.target, year: of.year, region: p.region, unit: p.unit ?? "", ...(numeric && { planned: (p.planned ?? 0) / scale }), ...(p.person && { person: p.person }), ...(of.deadline && { deadline: of.deadline }) })) }),
    onSuccess: async () => { message.success(t("added", { n: chosen.length })); await client.invalidateQueries(); close(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  const set = (region: string, more: Partial<Part>) => setTyped({ ...typed, [region]: { ...typed[region], ...more } });
  return (
    <Drawer open onClose={close} size={900} title={t("divide.of", { what: `${of.target} ${name(of.name)}`, year: of.year })} extra={<Button type="primary" disabled={chosen.length === 0} loading={save.isPending} onClick={() => save.mutate()}>{t("divide.save", { n: chosen.length })}</Button>}>
      <div className="stack">
        <p className="dim" style={{ margin: 0 }}>{t(additive ? "divide.count" : numeric ? "divide.share" : "divide.text")}</p>
        {additive && of.planned !== undefined && <Alert type={Math.abs(sum - of.planned * scale) < 1e-6 ? "success" : "info"} showIcon title={t("divide.sum", { sum: Number(sum.toFixed(4)), planned: Number((of.planned * scale).toFixed(4)) })} />}
        <Table<Part> size="small" rowKey="region" dataSource={below} pagination={false} locale={{ emptyText: t("divide.none") }} scroll={{ x: 720 }}
          columns={[
            { title: t("region"), dataIndex: "name", width: 120 },
            { title: t("unit"), key: "unit", render: (_, p) => <Select style={{ width: 260 }} aria-label={`${p.name} ${t("unit")}`} value={p.unit} allowClear showSearch={{ optionFilterProp: "label" }} onChange={(unit?: string) => set(p.region, { unit })} options={units.filter((u) => !u.to).map((u) => ({ value: u.id, label: u.name }))} /> },
            ...(numeric ? [{ title: `${t("planned")}（${of.measure === "1" ? "%" : unitText(of.measure, lang)}）`, key: "planned", width: 150, render: (_: unknown, p: Part) => <InputNumber min={0} aria-label={`${p.name} ${t("planned")}`} value={p.planned ?? null} onChange={(v) => set(p.region, { planned: v })} /> }] : []),
            { title: t("person"), key: "person", width: 140, render: (_, p) => <Input maxLength={60} aria-label={`${p.name} ${t("person")}`} value={p.person ?? ""} onChange={(e) => set(p.region, { person: e.target.value })} /> },
          ]} />
      </div>
    </Drawer>
  );
}
