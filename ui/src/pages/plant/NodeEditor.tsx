import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { calendars, drivers, profiles } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { hasSealed, levels, lines, type NodeForm } from "./node";

interface Props { form: NodeForm; saving: boolean; save: (f: NodeForm) => void }

export function NodeEditor({ form, saving, save }: Props) {
  const { t } = useTranslation("plant");
  const { name } = useLang();
  const [f] = Form.useForm<NodeForm>();
  const level = Form.useWatch("level", f) ?? form.level;
  const known = useQuery(profiles);
  const cal = useQuery(calendars);
  const profile = Form.useWatch("profile", f) ?? form.profile;
  const fitting = known.data?.find((x) => x.id === profile)?.drivers ?? [];
  const driver = Form.useWatch("driver", f) ?? form.driver;
  const params = Form.useWatch("params", f) ?? form.params;
  const example = useQuery(drivers).data?.find((d) => d.kind === driver)?.example;
  const profileChosen = (id: string) => {
    const p = known.data?.find((x) => x.id === id);
    if (!p) return;
    const chosen: string | undefined = f.getFieldValue("driver");
    f.setFieldsValue({ driver: chosen && p.drivers.includes(chosen) ? chosen : p.drivers[0], class: p.class });
  };
  return (
    <Form<NodeForm> form={f} layout="vertical" initialValues={form} onFinish={save}>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))", columnGap: 16 }}>
        <Form.Item name="path" label={t("path")} extra={t("path.hint")} rules={[{ required: true }]}><Input /></Form.Item>
        <Form.Item name="level" label={t("level")}><Select options={levels.map((value) => ({ value, label: t(`common:level.${value}`) }))} /></Form.Item>
        <Form.Item name="zh" label={t("name.zh")} rules={[{ required: true }]}><Input /></Form.Item>
        <Form.Item name="en" label={t("name.en")}><Input /></Form.Item>
        <Form.Item name="calendar" label={t("calendar")}>
          <Select options={[{ value: "", label: t("inherit") }, ...(cal.data ?? []).map((c) => ({ value: c.code, label: name(c.name) }))]} />
        </Form.Item>
      </div>
      {level === "equipment" && (
        <fieldset style={{ border: "1px solid var(--line)", padding: 12, marginBottom: 16 }}>
          <legend>{t("machine")}</legend>
          <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))", columnGap: 16 }}>
            <Form.Item name="profile" label={t("profile")}>
              <Select showSearch optionFilterProp="label" onChange={profileChosen} options={(known.data ?? []).map((p) => ({ value: p.id, label: `${name(p.title)} (${p.id})` }))} />
            </Form.Item>
            <Form.Item name="class" label={t("class")}><Input /></Form.Item>
            <Form.Item name="driver" label={t("driver")}><Select options={fitting.map((value) => ({ value, label: value }))} /></Form.Item>
            <Form.Item name="address" label={t("address")}><Input placeholder={example?.address} /></Form.Item>
            <Form.Item name="params" label={t("params")} extra={hasSealed(params) && t("common:params.sealed")}><Input.TextArea autoSize={{ minRows: 2 }} placeholder={lines(example?.params ?? {})} /></Form.Item>
            <Form.Item name="cycles" label={t("cycles")}><Input.TextArea autoSize={{ minRows: 2 }} /></Form.Item>
          </div>
          <div className="row">
            <Form.Item name="nc" valuePropName="checked" noStyle><Checkbox>{t("nc")}</Checkbox></Form.Item>
            <Form.Item name="excluded" valuePropName="checked" noStyle><Checkbox>{t("excluded")}</Checkbox></Form.Item>
            <Form.Item name="off" valuePropName="checked" noStyle><Checkbox>{t("device.off")}</Checkbox></Form.Item>
            <Form.Item name="writing" valuePropName="checked" noStyle><Checkbox>{t("device.writing")}</Checkbox></Form.Item>
          </div>
        </fieldset>
      )}
      <Button type="primary" htmlType="submit" loading={saving}>{t("common:save")}</Button>
    </Form>
  );
}
