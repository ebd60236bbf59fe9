import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, DatePicker, Drawer, Form, Input, InputNumber, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";
import { api, ApiError } from "../../api/client";
import { type Order, revisions, type Terms } from "../../api/production";
import { products } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { iso, ms, ofPicker, pickerDate } from "../../lib/time";
import { PlacePicker } from "./parts";

interface Values extends Omit<Terms, "due" | "earliest"> { due: Dayjs; earliest?: Dayjs | null }

const shown = (instant: string | undefined): Dayjs | undefined => (instant ? dayjs(pickerDate(ms(instant))) : undefined);
const told = (d: Dayjs | null | undefined): string | undefined => (d ? iso(ofPicker(d.toDate())) : undefined);

/** An order is entered or changed. */
export function OrderForm({ of, close, saved }: { of?: Order; close: () => void; saved: (o: Order) => void }) {
  const { t } = useTranslation("production");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [form] = Form.useForm<Values>();
  const goods = useQuery(products).data ?? [];
  const chosen: string = Form.useWatch("product", form) ?? of?.product ?? "";
  const found = useQuery(revisions(chosen)).data;
  const save = useMutation({
    mutationFn: (v: Values) => {
      const { due, earliest, ...rest } = v;
      const terms = Object.fromEntries(Object.entries({ ...rest, revision: rest.revision ?? undefined, weight: rest.weight ?? undefined, due: told(due), earliest: told(earliest) }).filter(([, x]) => x !== undefined && x !== "" && x !== null));
      return of ? api.put<Order>(`/orders/${of.id}`, terms, of.rev) : api.post<Order>("/orders", terms);
    },
    onSuccess: async (o) => { void message.success(t("common:saved")); await client.invalidateQueries(); saved(o); },
    onError: (err) => {
      if (err instanceof ApiError) form.setFields(err.fields.flatMap((f) => (f.location?.startsWith("body.") ? [{ name: f.location.slice(5) as keyof Values, errors: [f.message] }] : [])));
    },
  });
  const needed = [{ required: true, message: t("needed") }];
  const released = of !== undefined && of.jobs.length > 0;
  const start: Partial<Values> = of ? { ...of, due: shown(of.due) as Dayjs, earliest: shown(of.earliest) ?? null } : { kind: "make", priority: 50 };
  const wide = { width: "100%" };
  return (
    <Drawer open onClose={close} size={760} title={of ? t("orders.edit", { number: of.number }) : t("orders.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Values> form={form} layout="vertical" initialValues={start} scrollToFirstError onFinish={(v) => save.mutate(v)}>
        {save.error && <Alert style={{ marginBottom: 12 }} type="error" showIcon title={problem(save.error)} />}
        {chosen && found && !found.some((d) => d.state === "released") && <Alert style={{ marginBottom: 12 }} type="warning" showIcon title={t("orders.nodef")} />}
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(220px, 1fr))", columnGap: 16 }}>
          <Form.Item name="number" label={t("number")} rules={[...needed, { pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]*$/, message: t("number.bad") }]}><Input maxLength={40} /></Form.Item>
          <Form.Item name="kind" label={t("kind")} rules={needed}><Select disabled={released} options={(["make", "rework", "trial"] as const).map((k) => ({ value: k, label: t(`kind.${k}`) }))} /></Form.Item>
          <Form.Item name="product" label={t("product")} rules={needed}><Select disabled={released} showSearch={{ optionFilterProp: "label" }} placeholder={t("product.pick")} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} /></Form.Item>
          <Form.Item name="revision" label={t("revision")} extra={t("revision.hint")}><Select allowClear disabled={released} placeholder={t("revision.open")} options={(found ?? []).filter((d) => d.state === "released" || d.revision === of?.revision).map((d) => ({ value: d.revision, label: `${d.revision} ${d.note ?? ""}` }))} /></Form.Item>
          <Form.Item name="quantity" label={t("quantity")} rules={needed}><InputNumber min={1} max={1e9} precision={0} style={wide} /></Form.Item>
          <Form.Item name="place" label={t("place")} rules={needed}><PlacePicker by="path" fits={(n) => n.level !== "equipment"} /></Form.Item>
          <Form.Item name="due" label={t("due")} rules={needed}><DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" style={wide} /></Form.Item>
          <Form.Item name="earliest" label={t("earliest")}><DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" style={wide} /></Form.Item>
          <Form.Item name="priority" label={t("priority")} rules={needed} extra={t("priority.hint")}><InputNumber min={0} max={100} precision={0} style={wide} /></Form.Item>
          <Form.Item name="weight" label={t("weight")} extra={t("weight.hint")}><InputNumber min={0} max={100} precision={0} style={wide} placeholder="1" /></Form.Item>
          <Form.Item name="customer" label={t("customer")}><Input maxLength={60} /></Form.Item>
          <Form.Item name="reference" label={t("reference")}><Input maxLength={60} /></Form.Item>
        </div>
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={300} rows={2} /></Form.Item>
      </Form>
    </Drawer>
  );
}
