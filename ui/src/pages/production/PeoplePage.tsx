import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Drawer, Form, Input, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { people, type Person } from "../../api/production";
import { Nothing, Problem } from "../../components/Status";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { day, day8 } from "../../lib/time";
import type { PeopleSearch } from "../../routes";
import { useChange } from "./parts";

type Skill = Person["skills"][number];

/** How long a skill still holds on a day. */
function standing(s: Skill, today: string, soon: string): "later" | "over" | "soon" | "holds" {
  if (s.from > today) return "later";
  if (s.to && s.to <= today) return "over";
  return s.to && s.to <= soon ? "soon" : "holds";
}

/** Who works at machines, with what he or she was found able to do. */
export default function PeoplePage() {
  const { t } = useTranslation("production");
  const search: PeopleSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: PeopleSearch) => void navigate({ to: "/production/people", search: { ...search, ...more }, replace: true });
  const list = useQuery(people);
  const [adding, setAdding] = useState(false);
  const q = search.q?.toLowerCase() ?? "";
  const rows = (list.data ?? []).filter((p) => (search.off || !p.off) && (!q || [p.name, p.called ?? "", ...p.skills.map((s) => s.name)].some((x) => x.toLowerCase().includes(q))));
  const open = list.data?.find((p) => p.name === search.person);
  const exportCsv = () => download("people.csv", csv([[t("person.name"), t("person.called"), t("skill"), t("skill.from"), t("skill.to"), t("person.off")], ...rows.flatMap((p) => (p.skills.length ? p.skills : [undefined]).map((s) => [p.name, p.called, s?.name, s?.from, s?.to, p.off ? t("common:yes") : ""]))]), "text/csv");
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("people.title")}</h1><span className="dim">{t("people.lead")}</span></div>
      <div className="row">
        <Input.Search style={{ width: 260 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={t("people.search")} placeholder={t("people.search")} onSearch={(v) => set({ q: v || undefined })} />
        <Checkbox checked={search.off ?? false} onChange={(e) => set({ off: e.target.checked || undefined })}>{t("people.off")}</Checkbox>
        {list.data && <span className="dim">{t("people.n", { n: rows.length })}</span>}
        <span style={{ flex: 1 }} />
        <Button disabled={rows.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
        <Button type="primary" onClick={() => setAdding(true)}>{t("people.add")}</Button>
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Person> size="small" rowKey="name" loading={list.isLoading} dataSource={rows} pagination={{ pageSize: 25, hideOnSinglePage: true }} scroll={{ x: 700 }}
        locale={{ emptyText: <Nothing text={t(q ? "people.none" : "people.empty")} /> }}
        columns={[
          { title: t("person.called"), key: "called", width: 180, sorter: (a, b) => (a.called ?? a.name).localeCompare(b.called ?? b.name, "zh"), render: (_, p) => <><button type="button" className="figbtn" onClick={() => set({ person: p.name })}>{p.called ?? p.name}</button>{p.off && <span className="chip" style={{ marginLeft: 4 }}>{t("person.off")}</span>}</> },
          { title: t("person.name"), dataIndex: "name", width: 180, className: "mono", sorter: (a, b) => a.name.localeCompare(b.name) },
          { title: t("skills"), key: "skills", render: (_, p) => <Skills of={p} /> },
        ]} />
      {(adding || open) && <PersonForm key={open?.name ?? ""} of={open} close={() => { setAdding(false); set({ person: undefined }); }} />}
    </div>
  );
}

function Skills({ of }: { of: Person }) {
  const { t } = useTranslation("production");
  const [today, soon] = [day8(Date.now()), day8(Date.now() + 30 * day)];
  if (of.skills.length === 0) return <span className="dim">{t("skills.none")}</span>;
  return of.skills.map((s) => {
    const is = standing(s, today, soon);
    return <Tag key={s.name} color={is === "over" ? "error" : "default"} title={`${s.from} – ${s.to ?? ""}`}>{is === "soon" && "⚠ "}{s.name}{is !== "holds" && ` · ${t(`skill.${is}`, { day: is === "later" ? s.from : (s.to ?? "") })}`}</Tag>;
  });
}

function PersonForm({ of, close }: { of: Person | undefined; close: () => void }) {
  const { t } = useTranslation("production");
  const [form] = Form.useForm<Person>();
  const save = useChange((v: Person) => {
    const name = of?.name ?? v.name.trim();
    const skills = (v.skills ?? []).map((s) => ({ name: s.name, from: s.from, ...(s.to ? { to: s.to } : {}) }));
    return api.put(`/people/${encodeURIComponent(name)}`, { name, ...(v.called ? { called: v.called } : {}), skills, ...(v.off ? { off: true } : {}), rev: of?.rev ?? 0 });
  }, close);
  const needed = { required: true, message: t("needed") };
  const dayRule = { pattern: /^\d{4}-\d{2}-\d{2}$/, message: t("day.bad") };
  return (
    <Drawer open onClose={close} size={680} title={of ? (of.called ?? of.name) : t("people.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Person> form={form} layout="vertical" initialValues={of ?? { skills: [] }} onFinish={(v) => save.mutate(v)}>
        <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr", columnGap: 16 }}>
          <Form.Item name="name" label={t("person.name")} extra={t("person.name.hint")} rules={[needed]}><Input maxLength={100} disabled={of !== undefined} /></Form.Item>
          <Form.Item name="called" label={t("person.called")}><Input maxLength={60} /></Form.Item>
        </div>
        <h3>{t("skills")}</h3>
        <p className="dim">{t("skills.hint")}</p>
        <Form.List name="skills">
          {(rows, { add, remove }) => (
            <>
              {rows.map((r) => (
                <div key={r.key} style={{ display: "grid", gridTemplateColumns: "2fr 1fr 1fr 40px", columnGap: 12 }}>
                  <Form.Item name={[r.name, "name"]} label={t("skill")} rules={[needed]}><Input maxLength={63} /></Form.Item>
                  <Form.Item name={[r.name, "from"]} label={t("skill.from")} rules={[needed, dayRule]}><Input placeholder="2026-05-01" /></Form.Item>
                  <Form.Item name={[r.name, "to"]} label={t("skill.to")} rules={[dayRule]}><Input placeholder="2027-05-01" /></Form.Item>
                  <Form.Item label=" "><Button icon={<DeleteOutlined />} aria-label={t("skill.remove")} onClick={() => remove(r.name)} /></Form.Item>
                </div>))}
              <Button icon={<PlusOutlined />} onClick={() => add({ from: day8(Date.now()) })}>{t("skill.add")}</Button>
            </>)}
        </Form.List>
        <Form.Item name="off" valuePropName="checked" style={{ marginTop: 16 }}><Checkbox>{t("person.off.long")}</Checkbox></Form.Item>
      </Form>
    </Drawer>
  );
}
