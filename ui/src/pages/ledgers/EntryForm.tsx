import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { App, Button, Checkbox, Drawer, Form, Input, InputNumber, Select, Table, TreeSelect } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Entry, type EntryChange, entryHistory, type EntryRow } from "../../api/ledgers";
import { FirmPicker } from "../../components/FirmPicker";
import { RegionPicker } from "../../components/RegionPicker";
import { treeOf } from "../../lib/divisions";
import { dateTime, ofMicros } from "../../lib/time";
import { industries } from "../firms/firms";
import { Connection } from "./RobotList";
import { certificate, dayOfMicros, grades, kinds, levels, microsOfDay, ofNoFirm } from "./ledgers";

interface Values extends Omit<Entry, "from" | "to"> { from: string; to?: string }

interface Props { kind?: "robot" | undefined; row: EntryRow | undefined; keeps: boolean; close: () => void }

/** An entry is made, corrected or ended; every revision stands below. */
export function EntryForm({ kind, row, keeps: may, close }: Props) {
  const { t } = useTranslation("ledgers");
  const { message } = App.useApp();
  // What a closed diagnosis entered, the diagnosis alone takes back.
  const keeps = may && !row?.diagnosis;
  const client = useQueryClient();
  const [form] = Form.useForm<Values>();
  const save = useMutation({
    mutationFn: (v: Values) => {
      const body = told(v, row, kind);
      return row ? api.put<Entry>(`/register-entries/${row.id}`, body, row.rev) : api.post<Entry>("/register-entries", body);
    },
    onSuccess: async () => { message.success(t("saved")); await client.invalidateQueries(); close(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  const heading = row ? row.title : t(kind === "robot" ? "robot.add" : "entry.add");
  return (
    <Drawer open onClose={close} size={760} title={heading} extra={keeps && <Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      {row?.diagnosis && <p>{t("entry.diagnosis")} <Link to="/diagnoses" search={{ id: row.diagnosis }}>{t("entry.diagnosis.open")}</Link></p>}
      <Form form={form} layout="vertical" disabled={!keeps} initialValues={row ? { ...row, from: dayOfMicros(row.from), to: dayOfMicros(row.to) } : { basis: "declared" }} onFinish={(v) => save.mutate(v)}>
        {kind !== "robot" && <Form.Item name="kind" label={t("kind")} rules={[{ required: true }]}><Select disabled={row !== undefined || !keeps} options={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} /></Form.Item>}
        <Whose row={row} robot={kind === "robot"} />
        <Form.Item name="title" label={t("entry")} rules={[{ required: true }]}><Input maxLength={200} /></Form.Item>
        {kind === "robot" && <Robot row={row} />}
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="from" label={t(kind === "robot" ? "service.from" : "from")} rules={[{ required: true }, day(t("day.bad"))]}><Input placeholder="2020-05-01" /></Form.Item>
          <Form.Item name="to" label={t(kind === "robot" ? "service.to" : "to")} rules={[day(t("day.bad"))]}><Input placeholder="2024-05-01" /></Form.Item>
          <Form.Item name="basis" label={t("basis")} rules={[{ required: true }]}><Select style={{ width: 140 }} options={(kind === "robot" ? ["machine", "audited", "declared"] as const : ["audited", "declared"] as const).map((b) => ({ value: b, label: t(`basis.${b}`) }))} /></Form.Item>
          {kind !== "robot" && <Level />}
          <Form.Item name="paper" label={t("paper")}><Input maxLength={200} /></Form.Item>
        </div>
        <Form.Item name="remark" label={t("remark")}><Input.TextArea maxLength={2000} autoSize={{ minRows: 2 }} /></Form.Item>
        {row && <Form.Item name="void" valuePropName="checked"><Checkbox>{t("void")}</Checkbox></Form.Item>}
      </Form>
      {row && <History id={row.id} />}
    </Drawer>
  );
}

const day = (message: string) => ({ validator: (_: unknown, v?: string) => (!v || microsOfDay(v) !== undefined ? Promise.resolve() : Promise.reject(new Error(message))) });

/** What the API takes. */
function told(v: Values, row: EntryRow | undefined, kind: "robot" | undefined): Partial<Entry> {
  const { firm_name: _n, firm_code: _c, connected: _m, ...was } = row ?? ({} as EntryRow);
  const same = (text: string | undefined, at: number | undefined) => (text && dayOfMicros(at) === text ? at : text ? microsOfDay(text) : undefined);
  return {
    ...was, ...v, id: row?.id ?? "", rev: row?.rev ?? 0, kind: kind ?? v.kind, region: v.region ?? row?.region ?? "", from: same(v.from, row?.from) ?? 0, to: same(v.to, row?.to) ?? 0,
    ...(v.robot && { robot: { ...row?.robot, ...v.robot } }), void: v.void ?? false,
  };
}

function Whose({ row, robot }: { row: EntryRow | undefined; robot: boolean }) {
  const { t } = useTranslation("ledgers");
  const kind: string | undefined = Form.useWatch("kind");
  const trades = useQuery(industries);
  const free = !robot && kind !== undefined && ofNoFirm.includes(kind);
  return (
    <>
      {kind !== "selected_subsector" && <Form.Item name="firm" label={t("firm")} rules={[{ required: !free, message: t("firm.need") }]}><FirmPicker called={row?.firm_name} /></Form.Item>}
      {free && <Form.Item name="region" label={t("region")} extra={kind === "selected_subsector" ? undefined : t("region.hint")}><RegionPicker style={{ width: "100%" }} /></Form.Item>}
      {kind === "selected_subsector" && <Form.Item name="sector" label={t("sector")} rules={[{ required: true }]}><TreeSelect showSearch={{ treeNodeFilterProp: "title" }} treeData={treeOf(trades.data?.items ?? [])} loading={trades.isLoading} /></Form.Item>}
    </>
  );
}

function Level() {
  const { t } = useTranslation("ledgers");
  const certified = Form.useWatch("kind") === certificate;
  return (
    <Form.Item name="level" label={t(certified ? "grade" : "level")} rules={[{ required: certified }]}>
      <Select allowClear={!certified} style={{ width: 120 }} options={certified ? grades.map((g) => ({ value: g, label: t("grade.of", { grade: g }) })) : levels.map((l) => ({ value: l, label: t(`level.${l}`) }))} />
    </Form.Item>
  );
}

function Robot({ row }: { row: EntryRow | undefined }) {
  const { t } = useTranslation("ledgers");
  const form = Form.useFormInstance<Values>();
  const found = row?.connected;
  return (
    <>
      <div className="row" style={{ alignItems: "flex-start" }}>
        <Form.Item name={["robot", "maker"]} label={t("maker.only")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name={["robot", "serial"]} label={t("serial")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name={["robot", "model"]} label={t("model")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name={["robot", "axes"]} label={t("axes")} rules={[{ required: true }]} extra={t("axes.hint")}><InputNumber min={3} max={20} precision={0} /></Form.Item>
        <Form.Item name={["robot", "station"]} label={t("station")}><Input maxLength={100} /></Form.Item>
      </div>
      {row && <div className="row"><span className="dim">{t("connected")}</span><Connection of={row} />
        {found?.by === "serial" && row.robot?.equipment !== found.machine && (
          <Button size="small" onClick={() => form.setFieldsValue({ robot: { ...form.getFieldValue("robot"), equipment: found.machine }, basis: "machine" })}>{t("connected.take")}</Button>
        )}</div>}
      <Form.Item name={["robot", "equipment"]} label={t("equipment")} extra={t("equipment.hint")}><Input maxLength={60} className="mono" /></Form.Item>
    </>
  );
}

function History({ id }: { id: string }) {
  const { t } = useTranslation("ledgers");
  const all = useQuery(entryHistory(id));
  return (
    <section className="stack">
      <h3>{t("history")}</h3>
      <Table<EntryChange> size="small" rowKey="rev" loading={all.isLoading} pagination={{ pageSize: 10, hideOnSinglePage: true }} dataSource={[...(all.data?.items ?? [])].reverse()} scroll={{ x: 600 }}
        columns={[
          { title: t("history.time"), key: "at", width: 160, render: (_, c) => dateTime(ofMicros(c.at)) },
          { title: t("history.who"), dataIndex: "who", width: 120, ellipsis: true },
          { title: t("entry"), key: "title", render: (_, c) => <>{c.title}{c.void && <span className="chip">{t("void.short")}</span>}</> },
          { title: t("span"), key: "span", width: 180, render: (_, c) => `${dayOfMicros(c.from)} – ${dayOfMicros(c.to)}` },
          { title: t("basis"), key: "basis", width: 80, render: (_, c) => t(`basis.${c.basis}`) },
        ]} />
    </section>
  );
}
