import { useQuery } from "@tanstack/react-query";
import { Form, Select } from "antd";
import { useTranslation } from "react-i18next";
import { routes } from "../../api/alarms";
import { components } from "../../api/components";
import { type Signal, words } from "../../api/rules";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";

interface SignalProps { at: (string | number)[]; machine: string | undefined; label: string; fits: (s: Signal) => boolean; chosen?: (signal: string) => void; optional?: boolean }

/** A signal of a machine; nothing where it may be left out and none fits. */
export function SignalField({ at, machine, label, fits, chosen, optional }: SignalProps) {
  const { t } = useTranslation("rules");
  const { name, lang } = useLang();
  const query = useQuery({ ...words(machine ?? ""), enabled: Boolean(machine) });
  const all = (query.data ?? []).filter(fits);
  if (optional && all.length === 0) return null;
  return (
    <Form.Item name={at} label={label} rules={optional ? [] : [{ required: true, message: t("needed") }]} style={{ margin: 0, width: 300 }}>
      <Select allowClear={optional ?? false} showSearch={{ optionFilterProp: "label" }} loading={query.isLoading && Boolean(machine)} onChange={(v: string) => chosen?.(v)} options={all.map((s) => ({ value: s.name, label: `${s.title ? name(s.title) : ""} ${s.name} ${unitText(s.unit, lang)}`.trim() }))} />
    </Form.Item>
  );
}

/** A way to people: e-mail, a robot, who is on call. */
export function RouteField({ at, n }: { at: number; n: number }) {
  const { t } = useTranslation("rules");
  const all = useQuery(routes).data ?? [];
  return (
    <Form.Item name={[at, "route"]} label={`${t("action.route")} ${n}`} rules={[{ required: true, message: t("needed") }]} style={{ margin: 0, width: 220 }}>
      <Select showSearch={{ optionFilterProp: "label" }} notFoundContent={t("route.none")} options={all.filter((r) => !r.off).map((r) => ({ value: r.id, label: r.name }))} />
    </Form.Item>
  );
}

/** A component at work: it is called when the rule fires. */
export function ComponentField({ at, n }: { at: number; n: number }) {
  const { t } = useTranslation("rules");
  const { name } = useLang();
  const all = useQuery(components({})).data ?? [];
  return (
    <Form.Item name={[at, "component"]} label={`${t("action.component")} ${n}`} rules={[{ required: true, message: t("needed") }]} style={{ margin: 0, width: 220 }}>
      <Select showSearch={{ optionFilterProp: "label" }} notFoundContent={t("component.none")} options={all.filter((c) => c.state === "active").map((c) => ({ value: c.series ?? "", label: name(c.name) }))} />
    </Form.Item>
  );
}
