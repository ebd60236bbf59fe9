import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Drawer, Form, InputNumber, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type FirmYear, type Return, yearHistory } from "../../api/ledgers";
import type { List } from "../../api/types";
import { FirmPicker } from "../../components/FirmPicker";
import { dateTime, ofMicros } from "../../lib/time";
import { shownValue, storedValue, valueKinds } from "./ledgers";

interface Values { firm: string; year: number; basis: "audited" | "declared"; values: Record<string, number | null | undefined> }

/** The values of a firm's year, saved together or not at all. */
export function YearForm({ row, keeps, close }: { row: FirmYear | undefined; keeps: boolean; close: () => void }) {
  const { t } = useTranslation("ledgers");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Values>();
  const save = useMutation({
    mutationFn: async (v: Values) => {
      // Values taken back keep their revision: it is asked for, not guessed.
      const past = await api.get<List<Return>>("/firm-years/history", { firm: v.firm, year: v.year });
      const changes = changed(v, row, past.items);
      if (changes.length === 0) return false;
      await api.put("/firm-years", { firm: v.firm, year: v.year, basis: v.basis, values: changes });
      return true;
    },
    onSuccess: async (any) => { message.success(t(any ? "saved" : "unchanged")); await client.invalidateQueries(); close(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  const now = new Date().getFullYear();
  const values = Object.fromEntries(valueKinds.map((k) => { const v = row?.values.find((o) => o.name === k.name); return [k.name, v ? shownValue(v.value, k) : undefined]; }));
  return (
    <Drawer open onClose={close} size={760} title={row ? `${row.firm.name} · ${t("year.n", { year: row.year })}` : t("returns.add")} extra={keeps && <Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      <Form form={form} layout="vertical" disabled={!keeps} initialValues={{ firm: row?.firm.id, year: row?.year ?? now - 1, basis: "declared", values }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="firm" label={t("firm")} rules={[{ required: true }]}><FirmPicker called={row?.firm.name} disabled={row !== undefined || !keeps} /></Form.Item>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="year" label={t("year")} rules={[{ required: true }]}><InputNumber min={1949} max={now} precision={0} disabled={row !== undefined || !keeps} /></Form.Item>
          <Form.Item name="basis" label={t("basis")} extra={t("basis.hint")}><Select style={{ width: 140 }} options={(["audited", "declared"] as const).map((b) => ({ value: b, label: t(`basis.${b}`) }))} /></Form.Item>
        </div>
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(210px, 1fr))", columnGap: 16 }}>
          {valueKinds.map((k) => (
            <Form.Item key={k.name} name={["values", k.name]} label={`${t(`value.${k.name}` as "value.machines")}（${t(`unit.${k.unit}`)}）`}>
              <InputNumber style={{ width: "100%" }} {...(k.signed ? {} : { min: 0 })} precision={k.scale === 1 ? 0 : 6} />
            </Form.Item>
          ))}
        </div>
        <p className="dim">{t("returns.hint")}</p>
      </Form>
      {row && <History firm={row.firm.id} year={row.year} />}
    </Drawer>
  );
}

/** What differs from what was read; with no row, from what the history says. */
function changed(v: Values, row: FirmYear | undefined, past: Return[]) {
  const newest = new Map(past.map((r) => [r.name, r]));
  return valueKinds.flatMap((k) => {
    const last = newest.get(k.name);
    const seen = row?.values.find((o) => o.name === k.name);
    const said = v.values[k.name];
    const rev = seen?.rev ?? (last?.void ? last.rev : 0);
    if (said === null || said === undefined) return seen ? [{ name: k.name, value: seen.value, void: true, rev }] : [];
    const value = storedValue(said, k);
    // Without touching a number, its basis stays as it was.
    return seen && seen.value === value ? [] : [{ name: k.name, value, rev }];
  });
}

function History({ firm, year }: { firm: string; year: number }) {
  const { t } = useTranslation("ledgers");
  const all = useQuery(yearHistory(firm, year));
  return (
    <section className="stack">
      <h3>{t("history")}</h3>
      <Table<Return> size="small" rowKey={(r) => `${r.name}-${r.rev}`} loading={all.isLoading} pagination={{ pageSize: 10, hideOnSinglePage: true }} dataSource={[...(all.data?.items ?? [])].reverse()} scroll={{ x: 560 }}
        columns={[
          { title: t("history.time"), key: "at", width: 160, render: (_, r) => dateTime(ofMicros(r.at)) },
          { title: t("history.who"), dataIndex: "who", width: 120, ellipsis: true },
          { title: t("history.what"), key: "name", render: (_, r) => t(`value.${r.name}` as "value.machines") },
          { title: t("history.value"), key: "value", align: "right", render: (_, r) => { const k = valueKinds.find((o) => o.name === r.name); return r.void ? <span className="dim">{t("void.short")}</span> : <span className="num">{k ? `${shownValue(r.value, k).toLocaleString("zh-CN", { maximumFractionDigits: 6 })} ${t(`unit.${k.unit}`)}` : r.value}</span>; } },
          { title: t("basis"), key: "basis", width: 80, render: (_, r) => t(`basis.${r.basis}`) },
        ]} />
    </section>
  );
}
