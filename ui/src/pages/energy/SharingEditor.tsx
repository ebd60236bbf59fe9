import { Button, InputNumber, Select } from "antd";
import { DeleteOutlined } from "@ant-design/icons";
import { useTranslation } from "react-i18next";
import type { Meter } from "../../api/energy";

type Shared = NonNullable<Meter["shared"]>;

/** How meters are divided among machines that have none. */
export function SharingEditor({ meters, machines, change }: { meters: Meter[]; machines: { value: string; label: string }[]; change: (m: Meter[]) => void }) {
  const { t } = useTranslation("energyshare");
  const own = new Set(meters.map((m) => m.equipment));
  const free = machines.filter((m) => !own.has(m.value));
  const set = (code: string, shared: Shared | undefined) => change(meters.map(({ shared: was, ...m }) => (m.code === code ? (shared ? { ...m, shared } : m) : was ? { ...m, shared: was } : m)));
  const open = meters.filter((m) => m.medium === "electricity" && !m.shared);
  return (
    <section aria-label={t("sharing")}>
      <h3 style={{ margin: 0 }}>{t("sharing")}</h3><p className="dim" style={{ margin: 0 }}>{t("sharing.lead")}</p>
      {meters.map((m) => m.shared && (
        <div key={m.code} className="row" style={{ marginTop: 6, alignItems: "flex-start" }}>
          <span className="mono">{m.code}</span>
          <Select style={{ width: 190 }} aria-label={`${t("key")} ${m.code}`} value={m.shared.key} onChange={(key: "weight" | "busy") => m.shared && set(m.code, { ...m.shared, key })} options={(["weight", "busy"] as const).map((k) => ({ value: k, label: t(`key.${k}`) }))} />
          <Weights shared={m.shared} free={free} code={m.code} set={(s) => set(m.code, s)} />
          <Button size="small" icon={<DeleteOutlined />} aria-label={t("energy:remove", { name: `${t("sharing")} ${m.code}` })} onClick={() => set(m.code, undefined)} />
        </div>))}
      <Select size="small" style={{ width: 220, marginTop: 6 }} aria-label={t("sharing.meter")} placeholder={t("sharing.add")} value={null} disabled={free.length === 0} options={open.map((m) => ({ value: m.code, label: m.code }))}
        onChange={(code: string | null) => { const first = free[0]; if (code && first) set(code, { key: "busy", among: [{ equipment: first.value, weight: 1 }] }); }} />
    </section>
  );
}

function Weights({ shared, free, code, set }: { shared: Shared; free: { value: string; label: string }[]; code: string; set: (s: Shared) => void }) {
  const { t } = useTranslation("energyshare");
  const among = (all: Shared["among"]) => set({ ...shared, among: all });
  const next = free.find((f) => !shared.among.some((w) => w.equipment === f.value));
  return (
    <div>
      {shared.among.map((w, i) => (
        <div key={i} className="row">
          <Select style={{ width: 220 }} aria-label={`${t("machine")} ${code} ${i + 1}`} showSearch={{ optionFilterProp: "label" }} value={w.equipment} options={free} onChange={(v: string) => among(shared.among.map((x, n) => (n === i ? { ...x, equipment: v } : x)))} />
          <InputNumber style={{ width: 90 }} min={0} aria-label={`${t("weight")} ${code} ${i + 1}`} value={w.weight} onChange={(v) => among(shared.among.map((x, n) => (n === i ? { ...x, weight: v ?? 0 } : x)))} />
          {shared.among.length > 1 && <Button size="small" icon={<DeleteOutlined />} aria-label={t("energy:remove", { name: `${t("weight")} ${i + 1}` })} onClick={() => among(shared.among.filter((_, n) => n !== i))} />}
        </div>))}
      {next && <Button size="small" onClick={() => among([...shared.among, { equipment: next.value, weight: 1 }])}>{t("machine.add")}</Button>}
    </div>
  );
}
