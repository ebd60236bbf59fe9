import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, DatePicker, Form, Input, Select } from "antd";
import type { Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";
import type { Expert } from "../../api/diagnosis";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { everyNode, fieldsOf, type PlanFields, PlanForm, planOf } from "./PlanForm";
import { useChange } from "./useChange";
import type { PartProps } from "./Workspace";

/** Plan, team with skills and conflicts of interest, and visits. */
export function Team(p: PartProps) {
  return <div className="stack"><PlanPart {...p} /><TeamPart {...p} /><Visits {...p} /></div>;
}

function PlanPart({ d, e, may }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const [f] = Form.useForm<PlanFields>();
  const change = useChange(d);
  const can = may && (d.state === "planned" || d.state === "visiting");
  return (
    <section className="panel">
      <h2>{t("plan")}</h2>
      <Form<PlanFields> form={f} layout="vertical" disabled={!can} initialValues={fieldsOf(d.plan)} onFinish={(v) => change.mutate({ method: "put", part: "plan", body: planOf(v) })}>
        <PlanForm edition={e} />
        {can && <div className="row">
          <Button type="primary" htmlType="submit" loading={change.isPending}>{t("common:save")}</Button>
          <Button loading={change.isPending} title={t("refill.hint")} onClick={() => change.mutate({ method: "post", part: "evidence", body: {} })}>{t("refill")}</Button>
        </div>}
      </Form>
    </section>
  );
}

function TeamPart({ d, e, may }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const [f] = Form.useForm<{ team: Expert[] }>();
  const change = useChange(d);
  const sends = useQuery(session).data?.permissions.includes("firms.dispatch") ?? false;
  const can = may && !["closed", "followed", "cancelled"].includes(d.state);
  const skills = everyNode(e.elements).filter((n) => n.parts.length === 0).map((n) => ({ value: n.id, label: name(n.name) }));
  const doubtful = d.team.filter((m) => m.conflict === "undeclared" || (m.conflict === "declared" && m.role !== "observer"));
  return (
    <section className="panel">
      <div className="row"><h2>{t("team")}</h2><span className="fill" />{sends && !["closed", "followed", "cancelled"].includes(d.state) && <Link to="/experts" search={{ tab: "dispatches", diagnosis: d.id }}>{t("team.dispatch")}</Link>}</div>
      {doubtful.length > 0 && <Alert type="warning" showIcon style={{ marginBottom: 8 }} message={t("team.doubtful", { names: doubtful.map((m) => m.name).join("、") })} />}
      <Form form={f} layout="vertical" disabled={!can} initialValues={{ team: d.team }} onFinish={(v) => change.mutate({ method: "put", part: "team", body: { team: (v.team ?? []).map((m) => ({ ...m, skills: m.skills ?? [] })) } })}>
        <Form.List name="team">
          {(rows, { add, remove }) => (
            <>
              {rows.length === 0 && <p className="dim">{t("team.none")}</p>}
              {rows.map(({ key, name: i }) => (
                <div key={key} style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(140px, 1fr))", columnGap: 12, borderBottom: "1px solid var(--line)", marginBottom: 8 }}>
                  <Form.Item name={[i, "name"]} label={t("expert.name")} rules={[{ required: true, message: t("expert.name.needed") }]}><Input maxLength={20} /></Form.Item>
                  <Form.Item name={[i, "organisation"]} label={t("expert.organisation")}><Input maxLength={50} /></Form.Item>
                  <Form.Item name={[i, "role"]} label={t("expert.role")}><Select options={(["lead", "expert", "observer"] as const).map((r) => ({ value: r, label: t(`role.${r}`) }))} /></Form.Item>
                  <Form.Item name={[i, "skills"]} label={t("expert.skills")}><Select mode="multiple" maxTagCount={1} optionFilterProp="label" options={skills} /></Form.Item>
                  <Form.Item name={[i, "conflict"]} label={t("expert.conflict")}><Select options={(["undeclared", "none", "declared"] as const).map((r) => ({ value: r, label: t(`conflict.${r}`) }))} /></Form.Item>
                  <Form.Item name={[i, "interest"]} label={t("expert.interest")}><Input maxLength={100} /></Form.Item>
                  {can && <Form.Item label={t("col.actions")}><Button onClick={() => remove(i)}>{t("expert.remove")}</Button></Form.Item>}
                </div>))}
              {can && <div className="row">
                <Button onClick={() => add({ name: "", role: rows.length === 0 ? "lead" : "expert", skills: [], conflict: "undeclared" })}>{t("expert.add")}</Button>
                <Button type="primary" htmlType="submit" loading={change.isPending}>{t("common:save")}</Button>
              </div>}
            </>)}
        </Form.List>
      </Form>
    </section>
  );
}

function Visits({ d, may }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const [f] = Form.useForm<{ day: Dayjs; place?: string; people?: string; notes?: string }>();
  const change = useChange(d, () => f.resetFields());
  const can = may && !["closed", "followed", "cancelled"].includes(d.state);
  return (
    <section className="panel">
      <h2>{t("visits")}</h2>
      {d.visits.length === 0 && <p className="dim">{t("visits.none")}</p>}
      {d.visits.map((v) => <div key={v.id} style={{ marginBottom: 6 }}><b>{v.day}</b> {v.place} <span className="dim">{v.people}</span><div style={{ whiteSpace: "pre-wrap" }}>{v.notes}</div></div>)}
      {can && (
        <Form form={f} layout="vertical" onFinish={(v) => change.mutate({ method: "post", part: "visits", body: { day: v.day.format("YYYY-MM-DD"), place: v.place ?? "", people: v.people ?? "", notes: v.notes ?? "" } })}>
          <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(180px, 1fr))", columnGap: 12 }}>
            <Form.Item name="day" label={t("visit.day")} rules={[{ required: true, message: t("visit.day.needed") }]}><DatePicker style={{ width: "100%" }} /></Form.Item>
            <Form.Item name="place" label={t("visit.place")}><Input maxLength={60} /></Form.Item>
            <Form.Item name="people" label={t("visit.people")}><Input maxLength={160} /></Form.Item>
            <Form.Item name="notes" label={t("visit.notes")}><Input.TextArea rows={1} maxLength={1300} /></Form.Item>
          </div>
          <Button htmlType="submit" loading={change.isPending}>{t("visit.add")}</Button>
        </Form>)}
    </section>
  );
}
