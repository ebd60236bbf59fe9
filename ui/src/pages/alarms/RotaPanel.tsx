import { useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Drawer, Form, Input, InputNumber, Popconfirm, Select, Table } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Person, type Rota, rotas } from "../../api/alarms";
import { api } from "../../api/client";
import { Nothing, Problem } from "../../components/Status";
import { dateTime, iso, ofPicker, pickerDate, zone } from "../../lib/time";
import { useChange } from "../production/parts";

/** Who is on call when. */
export function RotaPanel() {
  const { t } = useTranslation("alarms");
  const list = useQuery(rotas);
  const [open, setOpen] = useState<Partial<Rota> | null>(null);
  const end = useChange((r: Rota) => api.del(`/alarms/rotas/${r.id}`, r.rev));
  return (
    <section className="panel" aria-label={t("rotas")}>
      <div className="row"><h2 style={{ margin: 0 }}>{t("rotas")}</h2><Button style={{ marginLeft: "auto" }} onClick={() => setOpen({})}>{t("rotas.add")}</Button></div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Rota> size="small" rowKey="id" loading={list.isLoading} dataSource={list.data ?? []} pagination={false} scroll={{ x: 700 }} locale={{ emptyText: <Nothing text={t("rotas.none")} /> }}
        expandable={{ expandedRowRender: (r) => <Turns of={r} /> }}
        columns={[
          { title: t("route.name"), key: "name", render: (_, r) => r.name },
          { title: t("rota.now"), key: "now", render: (_, r) => (r.turns[0] ? <>{r.turns[0].person} <span className="dim num">{t("rota.until", { at: dateTime(r.turns[0].to) })}</span></> : "—") },
          { title: t("rota.next"), key: "next", render: (_, r) => r.turns[1]?.person ?? "—" },
          { title: "", key: "do", width: 140, render: (_, r) => (
            <span className="row">
              <Button size="small" onClick={() => setOpen(r)}>{t("open")}</Button>
              <Popconfirm title={t("rota.end.sure")} onConfirm={() => end.mutate(r)}><Button size="small" danger>{t("route.end")}</Button></Popconfirm>
            </span>) },
        ]} />
      {open && <RotaForm rota={open} close={() => setOpen(null)} />}
    </section>
  );
}

function Turns({ of }: { of: Rota }) {
  const { t } = useTranslation("alarms");
  return <ol style={{ margin: 0 }} aria-label={t("rota.turns")}>{of.turns.map((turn) => <li key={turn.from} className="num">{dateTime(turn.from)} – {dateTime(turn.to)} · {turn.person}</li>)}</ol>;
}

interface Fields { name: string; zone: string; begin: Dayjs; hand_over: string; days: number; people: Person[]; swaps: { span: [Dayjs, Dayjs]; person: string }[] }

function RotaForm({ rota, close }: { rota: Partial<Rota>; close: () => void }) {
  const { t } = useTranslation("alarms");
  const [f] = Form.useForm<Fields>();
  const people = Form.useWatch("people", f) ?? rota.people ?? [];
  const needed = [{ required: true, message: t("needed") }];
  const written = (v: Fields) => ({
    ...v, id: rota.id ?? "", rev: rota.rev ?? 0, begin: v.begin.format("YYYY-MM-DD"),
    people: v.people.map((p) => ({ name: p.name.trim(), email: p.email || undefined, mobile: p.mobile || undefined, feishu: p.feishu || undefined })),
    swaps: (v.swaps ?? []).map((s) => ({ from: iso(ofPicker(s.span[0].toDate())), to: iso(ofPicker(s.span[1].toDate())), person: s.person })),
  });
  const save = useChange((v: Fields) => (rota.id ? api.put(`/alarms/rotas/${rota.id}`, written(v), rota.rev) : api.post("/alarms/rotas", written(v))), close);
  const picked = (at: string) => dayjs(pickerDate(Date.parse(at)));
  const row = (columns: string) => ({ display: "grid", gridTemplateColumns: columns, columnGap: 12, alignItems: "start" });
  return (
    <Drawer open onClose={close} size={760} title={rota.id ? rota.name : t("rotas.add")} footer={<Button type="primary" loading={save.isPending} onClick={() => f.submit()}>{t("common:save")}</Button>}>
      <Form<Fields> form={f} layout="vertical" onFinish={(v) => save.mutate(v)}
        initialValues={{
          name: rota.name, zone: rota.zone ?? zone, begin: rota.begin ? dayjs(rota.begin) : dayjs(pickerDate(Date.now())), hand_over: rota.hand_over ?? "08:00", days: rota.days ?? 7, people: rota.people ?? [{}],
          swaps: (rota.swaps ?? []).map((s) => ({ span: [picked(s.from), picked(s.to)], person: s.person })),
        }}>
        <div style={row("2fr 1fr")}>
          <Form.Item name="name" label={t("route.name")} rules={needed}><Input maxLength={80} /></Form.Item>
          <Form.Item name="zone" label={t("quiet.zone")} rules={needed}><Input maxLength={60} /></Form.Item>
        </div>
        <div style={row("1fr 1fr 1fr")}>
          <Form.Item name="begin" label={t("rota.begin")} rules={needed}><DatePicker allowClear={false} style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="hand_over" label={t("rota.hand_over")} rules={[{ required: true, pattern: /^\d\d:\d\d$/, message: t("rota.hour") }]}><Input /></Form.Item>
          <Form.Item name="days" label={t("rota.days")} rules={needed}><InputNumber min={1} max={28} precision={0} style={{ width: "100%" }} /></Form.Item>
        </div>
        <h3>{t("rota.people")}</h3>
        <Form.List name="people">{(rows, { add, remove, move }) => (<>
          {rows.map((r, i) => (
            <div key={r.key} style={row("1fr 1.6fr 1.1fr 1.1fr auto")}>
              <Form.Item name={[r.name, "name"]} label={t("rota.person")} rules={needed}><Input maxLength={60} /></Form.Item>
              <Form.Item name={[r.name, "email"]} label={t("way.email")}><Input maxLength={200} /></Form.Item>
              <Form.Item name={[r.name, "mobile"]} label={t("rota.mobile")}><Input maxLength={20} inputMode="tel" /></Form.Item>
              <Form.Item name={[r.name, "feishu"]} label={t("rota.feishu")}><Input maxLength={60} /></Form.Item>
              <Form.Item label=" "><span className="row"><Button aria-label={t("rota.earlier")} disabled={i === 0} onClick={() => move(i, i - 1)}>↑</Button><Button disabled={rows.length === 1} onClick={() => remove(r.name)}>{t("common:delete")}</Button></span></Form.Item>
            </div>))}
          <Button size="small" onClick={() => add({})}>{t("rota.add")}</Button></>)}
        </Form.List>
        <h3>{t("rota.swaps")}</h3>
        <Form.List name="swaps">{(rows, { add, remove }) => (<>
          {rows.map((r) => (
            <div key={r.key} style={row("2fr 1fr auto")}>
              <Form.Item name={[r.name, "span"]} label={t("rota.span")} rules={needed}><DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" /></Form.Item>
              <Form.Item name={[r.name, "person"]} label={t("rota.takes")} rules={needed}><Select options={people.filter((p) => p?.name).map((p) => ({ value: p.name, label: p.name }))} /></Form.Item>
              <Form.Item label=" "><Button onClick={() => remove(r.name)}>{t("common:delete")}</Button></Form.Item>
            </div>))}
          <Button size="small" onClick={() => add({})}>{t("rota.swap")}</Button></>)}
        </Form.List>
      </Form>
    </Drawer>
  );
}
