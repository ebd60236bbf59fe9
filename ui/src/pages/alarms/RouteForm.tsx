import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { type Route, rotas, ways } from "../../api/alarms";
import { api } from "../../api/client";
import { nodes } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { zone } from "../../lib/time";
import { useChange } from "../production/parts";

const addresses: Record<Route["way"], string> = {
  email: "smtp://mail.example:587", webhook: "https://mes.example/alarms", dingtalk: "https://oapi.dingtalk.com/robot/send?access_token=…", wecom: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", feishu: "https://open.feishu.cn/open-apis/bot/v2/hook/…",
};

interface Fields extends Omit<Route, "quiet"> { night?: boolean; quiet?: Route["quiet"] }

/** One way to people: where, as whom, of which alarms, and not at night. */
export function RouteForm({ route, close }: { route: Partial<Route>; close: () => void }) {
  const { t } = useTranslation("alarms");
  const { name } = useLang();
  const [f] = Form.useForm<Fields>();
  const way = Form.useWatch("way", f) ?? route.way ?? "email";
  const rota = Form.useWatch("rota", f) ?? route.rota;
  const night = Form.useWatch("night", f) ?? Boolean(route.quiet);
  const plant = useQuery(nodes);
  const duty = useQuery(rotas);
  const written = ({ night: at, quiet, ...v }: Fields): Route => ({
    ...v, id: route.id ?? "", rev: route.rev ?? 0, to: v.to ?? [], places: v.places ?? [], user: v.user || undefined, secret: v.secret || undefined, ca: v.ca || undefined, sender: v.sender || undefined,
    rota: v.rota || undefined, after_min: v.after_min || undefined, again_min: v.again_min || undefined,
    ...(at && quiet ? { quiet: { ...quiet, zone: quiet.zone || zone, priority: quiet.priority ?? 1 } } : {}),
  }) as Route;
  const save = useChange((v: Fields) => (route.id ? api.put(`/alarms/routes/${route.id}`, written(v), route.rev) : api.post("/alarms/routes", written(v))), close);
  return (
    <Drawer open onClose={close} size={560} title={route.id ? route.name : t("routes.add")} footer={<Button type="primary" loading={save.isPending} onClick={() => f.submit()}>{t("common:save")}</Button>}>
      <Form<Fields> form={f} layout="vertical" onFinish={(v) => save.mutate(v)}
        initialValues={{ way: "email", priority: 2, to: [], places: [], ...route, secret: "", night: Boolean(route.quiet), quiet: route.quiet ?? { from: "22:00", to: "06:00", zone, priority: 1 } }}>
        <Form.Item name="name" label={t("route.name")} rules={[{ required: true }]}><Input maxLength={80} /></Form.Item>
        <Form.Item name="way" label={t("route.way")}><Select options={ways.map((w) => ({ value: w, label: t(`way.${w}`) }))} /></Form.Item>
        <Form.Item name="url" label={t(way === "email" ? "route.server" : "route.url")} extra={way === "dingtalk" || way === "wecom" || way === "feishu" ? t(`way.${way}.hint`) : undefined} rules={[{ required: true }]}><Input placeholder={addresses[way]} maxLength={400} /></Form.Item>
        {way === "email" && <Form.Item name="sender" label={t("route.sender")} rules={[{ required: true }]}><Input placeholder="zhigai@example.com" maxLength={200} /></Form.Item>}
        {way === "email" && <Form.Item name="to" label={t("route.to")} rules={[{ required: !rota }]}><Select mode="tags" tokenSeparators={[",", ";", " "]} open={false} /></Form.Item>}
        {way === "email" && <Form.Item name="user" label={t("route.user")}><Input autoComplete="off" maxLength={200} /></Form.Item>}
        <Form.Item name="secret" label={t(way === "email" ? "route.password" : way === "wecom" ? "route.key" : "route.secret")} rules={[{ required: way !== "email" && !route.id }]}><Input.Password autoComplete="new-password" placeholder={route.id ? t("route.kept") : ""} /></Form.Item>
        <Form.Item name="ca" label={t("route.ca")}><Input.TextArea className="mono" autoSize={{ minRows: 2, maxRows: 8 }} /></Form.Item>
        <Form.Item name="priority" label={t("route.priority")}><Select options={[1, 2, 3, 4].map((n) => ({ value: n, label: n === 1 ? t("priority.1") : t("priority.upto", { level: t(`priority.${n}` as "priority.1") }) }))} /></Form.Item>
        <Form.Item name="places" label={t("route.places")}><Select mode="multiple" showSearch optionFilterProp="label" options={(plant.data ?? []).map((n) => ({ value: n.path, label: `${name(n.name)} (${n.path})` }))} /></Form.Item>
        {way !== "webhook" && <Form.Item name="rota" label={t("route.rota")}><Select allowClear options={(duty.data ?? []).map((r) => ({ value: r.id, label: r.name }))} /></Form.Item>}
        <div className="row">
          <Form.Item name="after_min" label={t("route.after")}><InputNumber min={0} max={1440} precision={0} style={{ width: 120 }} /></Form.Item>
          <Form.Item name="again_min" label={t("route.again")}><InputNumber min={0} max={1440} precision={0} style={{ width: 120 }} /></Form.Item>
        </div>
        <Form.Item name="night" valuePropName="checked"><Checkbox>{t("route.night")}</Checkbox></Form.Item>
        {night && (
          <div className="row">
            <Form.Item name={["quiet", "from"]} label={t("from")} rules={[{ required: true, pattern: /^\d\d:\d\d$/ }]}><Input style={{ width: 90 }} /></Form.Item>
            <Form.Item name={["quiet", "to"]} label={t("quiet.to")} rules={[{ required: true, pattern: /^\d\d:\d\d$/ }]}><Input style={{ width: 90 }} /></Form.Item>
            <Form.Item name={["quiet", "zone"]} label={t("quiet.zone")} rules={[{ required: true }]}><Input style={{ width: 160 }} /></Form.Item>
            <Form.Item name={["quiet", "priority"]} label={t("quiet.priority")}><InputNumber min={0} max={4} style={{ width: 80 }} /></Form.Item>
          </div>)}
        <Form.Item name="off" valuePropName="checked"><Checkbox>{t("route.off")}</Checkbox></Form.Item>
      </Form>
    </Drawer>
  );
}
