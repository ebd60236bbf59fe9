import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, DatePicker, Empty, Form, Input, Modal, Popconfirm, Segmented, Table, Tag } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { guests } from "../../api/queries";
import type { Guest } from "../../api/types";
import { Problem, useProblem } from "../../components/Status";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime, day, iso, ofPicker, pickerDate } from "../../lib/time";
import { GrantList } from "./Grants";
import { LetIn, SignInLink } from "./LetIn";

export const person = (g: { name: string; display: string }): string => g.display || g.name;

type Show = "in" | "ended" | "all";

/** Who was let in from outside: found, let in longer, ended. */
export function Guests() {
  const { t } = useTranslation("guests");
  const list = useQuery(guests);
  const [q, setQ] = useState("");
  const [show, setShow] = useState<Show>("in");
  const [letting, setLetting] = useState(false);
  const [extending, setExtending] = useState<Guest>();
  const [linked, setLinked] = useState<{ name: string; secret: string; expires: string }>();
  const rows = (list.data ?? []).filter((g) => (show === "all" || g.ended === (show === "ended")) && `${g.name} ${g.display} ${g.organisation} ${g.grant.purpose ?? ""} ${g.grant.path ?? ""}`.toLowerCase().includes(q.toLowerCase()));
  const sheet = () => download("guests.csv", csv([
    [t("name"), t("display"), t("organisation"), t("what"), t("things"), t("purpose"), t("by"), t("until"), t("seen"), t("state")],
    ...rows.map((g) => [g.name, g.display, g.organisation, g.grant.role, g.grant.path || g.grant.region || g.grant.sector || g.grant.enterprise || "", g.grant.purpose ?? "", g.grant.by ?? "", g.grant.until ?? "", g.seen ?? "", t(g.ended ? "state.ended" : "state.in")]),
  ]), "text/csv");
  return (
    <div className="stack">
      <p className="dim" style={{ margin: 0 }}>{t("hint")}</p>
      <div className="row">
        <Button type="primary" onClick={() => setLetting(true)}>{t("let")}</Button>
        <Segmented<Show> aria-label={t("state")} value={show} onChange={setShow} options={(["in", "ended", "all"] as const).map((value) => ({ value, label: t(`state.${value}`) }))} />
        <Input.Search allowClear aria-label={t("find")} placeholder={t("find")} style={{ width: 260 }} onSearch={(v) => setQ(v.trim())} />
        <span className="dim" role="status">{list.isSuccess ? t("n", { n: rows.length }) : ""}</span>
        <Button onClick={sheet} disabled={rows.length === 0}>{t("export")}</Button>
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Guest> size="small" rowKey={(g) => g.user + g.id} loading={list.isPending} dataSource={rows} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 1000 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("none")} /> }}
        columns={[
          { title: t("who"), key: "who", render: (_, g) => <>{person(g)} {g.display && <span className="mono dim">{g.name}</span>} {g.off && <Tag>{t("off")}</Tag>}{g.organisation && <div className="dim">{g.organisation}</div>}</> },
          { title: t("what"), key: "what", render: (_, g) => <GrantList grants={[{ role: g.grant.role, ...(g.grant.path && { path: g.grant.path }), ...(g.grant.region && { region: g.grant.region }), ...(g.grant.sector && { sector: g.grant.sector }), ...(g.grant.enterprise && { enterprise: g.grant.enterprise }) }]} /> },
          { title: t("purpose"), key: "purpose", render: (_, g) => g.grant.purpose },
          { title: t("by"), key: "by", render: (_, g) => <>{g.grant.by || "—"}{g.grant.given && <div className="dim">{dateTime(g.grant.given)}</div>}</> },
          { title: t("until"), key: "until", sorter: (a, b) => (a.grant.until ?? "").localeCompare(b.grant.until ?? ""), render: (_, g) => <Until of={g} /> },
          { title: t("seen"), key: "seen", sorter: (a, b) => (a.seen ?? "").localeCompare(b.seen ?? ""), render: (_, g) => (g.seen ? dateTime(g.seen) : <span className="dim">{t("seen.never")}</span>) },
          { title: t("do"), key: "do", render: (_, g) => <Acts of={g} extend={() => setExtending(g)} linked={(l) => setLinked({ name: person(g), ...l })} /> },
        ]} />
      {letting && <LetIn close={() => setLetting(false)} />}
      {extending && <Extend of={extending} close={() => setExtending(undefined)} />}
      {linked && <Modal open title={t("link")} footer={null} onCancel={() => setLinked(undefined)}><SignInLink {...linked} /></Modal>}
    </div>
  );
}

function Until({ of }: { of: Guest }) {
  const { t } = useTranslation("guests");
  const until = of.grant.until ?? "";
  if (of.ended) return <span className="dim">{t("over", { at: dateTime(until) })}</span>;
  return <>{dateTime(until)}<div className="dim">{t("left", { n: Math.floor((Date.parse(until) - Date.now()) / day) })}</div></>;
}

function Acts({ of, extend, linked }: { of: Guest; extend: () => void; linked: (l: { secret: string; expires: string }) => void }) {
  const { t } = useTranslation("guests");
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => api.del(`/guests/${of.user}/${of.id}`),
    onSuccess: () => { message.success(t("ended")); return client.invalidateQueries({ queryKey: ["guests"] }); },
    onError: (err) => { message.error(problem(err)); },
  });
  const link = useMutation({ mutationFn: () => api.post<{ secret: string; expires: string }>(`/users/${of.user}/link`), onSuccess: linked, onError: (err) => { message.error(problem(err)); } });
  const name = person(of);
  return (
    <div className="row" style={{ gap: 4 }}>
      <Button size="small" aria-label={t("extend.of", { name })} onClick={extend}>{t("extend")}</Button>
      {!of.ended && <Popconfirm title={t("end.sure", { name })} onConfirm={() => end.mutate()}><Button size="small" danger aria-label={t("end.of", { name })} loading={end.isPending}>{t("end")}</Button></Popconfirm>}
      {of.own && !of.ended && !of.off && <Button size="small" aria-label={t("link.of", { name })} loading={link.isPending} onClick={() => link.mutate()}>{t("link")}</Button>}
    </div>
  );
}

/** Until when, in a form: after now and within a year. */
export function UntilItem() {
  const { t } = useTranslation("guests");
  return (
    <Form.Item name="until" label={t("until.label")} rules={[{ required: true, message: t("missing") }, { validator: (_, v?: Dayjs) => (!v || v.isAfter(dayjs(pickerDate(Date.now()))) && v.isBefore(dayjs(pickerDate(Date.now())).add(366, "day")) ? Promise.resolve() : Promise.reject(new Error(t("until.wrong")))) }]}>
      <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" style={{ width: 220 }} onKeyDown={(e) => { if (e.key === "Enter") e.preventDefault(); }} />
    </Form.Item>
  );
}

export const instant = (v: Dayjs): string => iso(ofPicker(v.toDate()));

function Extend({ of, close }: { of: Guest; close: () => void }) {
  const { t } = useTranslation("guests");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<{ until: Dayjs }>();
  const save = useMutation({
    mutationFn: (e: { until: Dayjs }) => api.put(`/guests/${of.user}/${of.id}`, { until: instant(e.until) }),
    onSuccess: () => { message.success(t("extended")); close(); return client.invalidateQueries({ queryKey: ["guests"] }); },
  });
  return (
    <Modal open title={t("extend.of", { name: person(of) })} onCancel={close} onOk={() => form.submit()} confirmLoading={save.isPending}>
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ until: dayjs(pickerDate(Date.now() + 30 * day)) }} onFinish={(e) => save.mutate(e)}><UntilItem /></Form>
      {save.error && <Problem error={save.error} />}
    </Modal>
  );
}
