import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Drawer, Form, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { NewLimits, Tried, View } from "../../api/quality";
import { Waiting } from "../../components/Status";
import { dateTime, iso } from "../../lib/time";
import { signal } from "./look";
import { shown, useMay, useStep } from "./parts";

/** Versions of the limits with who made them and why; an engineer makes new ones of the time shown. */
export function LimitsPanel({ view, from, to }: { view: View; from: number; to: number }) {
  const { t } = useTranslation("quality");
  const { plans } = useMay();
  const [setting, setSetting] = useState(false);
  const c = view.characteristic;
  return (
    <section className="panel" aria-label={t("limits")}>
      <h2 className="row">{t("limits")}<span className="fill" />{plans && view.points.length >= 5 && <Button size="small" className="noprint" onClick={() => setSetting(true)}>{t("limits.set")}</Button>}</h2>
      {view.limits.length === 0 ? <p className="dim">{t("limits.empty")}</p> : (
        <table className="plain">
          <thead><tr><th className="r">#</th><th>{t("limits.from")}</th><th className="r">{t("center")}</th><th className="r">σ</th><th>{t("limits.phase")}</th><th className="r">{t("limits.groups")}</th><th>{t("limits.reason")}</th><th>{t("limits.by")}</th></tr></thead>
          <tbody>{[...view.limits].reverse().map((l) => <tr key={l.id}><td className="r num">{l.version}</td><td className="num">{dateTime(l.from)}</td><td className="r num">{shown(l.center, c)}</td><td className="r num">{Number(l.std_dev.toPrecision(4))}</td><td className="num">{dateTime(l.phase_from)} – {dateTime(l.phase_to)}</td><td className="r num">{l.subgroups}</td><td>{l.reason}</td><td>{l.by}</td></tr>)}</tbody>
        </table>)}
      {setting && <SetLimits view={view} from={from} to={to} close={() => setSetting(false)} />}
    </section>
  );
}

function SetLimits({ view, from, to, close }: { view: View; from: number; to: number; close: () => void }) {
  const { t } = useTranslation("quality");
  const c = view.characteristic;
  const known = view.points.filter((p) => signal(p) && view.notes.some((n) => n.subgroup === p.id && n.cause)).map((p) => p.id);
  const [leave, setLeave] = useState(true);
  const [form] = Form.useForm<{ reason: string }>();
  const [window] = useState({ from: iso(from), to: iso(to) });
  const ask: NewLimits = { ...window, left: leave ? known : [], reason: "", rev: view.limits.at(-1)?.version ?? 0 };
  const tried = useQuery({ queryKey: ["/characteristics", c.id, "limits-trial", window, leave, known.join()], retry: false, queryFn: () => api.post<Tried>(`/characteristics/${c.id}/limits-trial`, { ...ask, reason: "-" }) });
  const save = useStep((v: { reason: string }) => api.post(`/characteristics/${c.id}/limits`, { ...ask, ...v }), close);
  const bad = Object.values(tried.data?.flagged ?? {}).reduce((a, b) => a + b, 0);
  return (
    <Drawer open onClose={close} size={480} title={t("limits.set")} extra={<Button type="primary" loading={save.isPending} disabled={!tried.data} onClick={form.submit}>{t("common:save")}</Button>}>
      <div className="stack">
        <p className="dim">{t("limits.hint")}</p>
        <p className="num">{dateTime(window.from)} – {dateTime(window.to)}</p>
        {known.length > 0 && <Checkbox checked={leave} onChange={(e) => setLeave(e.target.checked)}>{t("limits.left", { n: known.length })}</Checkbox>}
        {tried.data ? <Alert type={bad > 0 ? "warning" : "info"} title={t("limits.try", { center: shown(tried.data.limits.center, c), sd: Number(tried.data.limits.std_dev.toPrecision(4)), n: tried.data.points, bad })} /> : <Waiting query={tried} />}
        <Form form={form} layout="vertical" onFinish={(v) => save.mutate(v)}>
          <Form.Item name="reason" label={t("limits.reason")} rules={[{ required: true, message: t("needed") }]}><Input.TextArea maxLength={400} autoSize={{ minRows: 2 }} /></Form.Item>
        </Form>
      </div>
    </Drawer>
  );
}
