import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal, Segmented } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { roles } from "../../api/queries";
import type { Admitted } from "../../api/types";
import { Problem } from "../../components/Status";
import { dateTime, day, pickerDate } from "../../lib/time";
import { type Edited, OneGrant, written } from "./Grants";
import { instant, person, UntilItem } from "./Guests";

interface Entered { kind: "user" | "invite"; name: string; display?: string; organisation?: string; grants: Edited[]; until: Dayjs; purpose: string }

/** A user who is there or somebody new, to what, until when and what for. */
export function LetIn({ close }: { close: () => void }) {
  const { t } = useTranslation("guests");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Entered>();
  const kind = Form.useWatch("kind", form) ?? "invite";
  const save = useMutation({
    mutationFn: (e: Entered) => api.post<Admitted>("/guests", {
      ...(e.kind === "user" ? { name: e.name } : { invite: { name: e.name, display: e.display, organisation: e.organisation } }),
      grants: written(e.grants), until: instant(e.until), purpose: e.purpose,
    }),
    onSuccess: (made) => {
      if (!made.secret) { message.success(t("given")); close(); }
      return client.invalidateQueries({ queryKey: ["guests"] });
    },
  });
  const made = save.data;
  const needed = [{ required: true, whitespace: true, message: t("missing") }];
  if (made?.secret) {
    return (
      <Modal open title={t("given")} onCancel={close} footer={<Button type="primary" onClick={close}>{t("close")}</Button>}>
        <SignInLink name={made.guests[0] ? person(made.guests[0]) : ""} secret={made.secret} expires={made.expires ?? ""} />
      </Modal>);
  }
  return (
    <Modal open title={t("let")} onCancel={close} onOk={() => form.submit()} okText={t("go")} confirmLoading={save.isPending} width={720}>
      <Form<Entered> form={form} layout="vertical" requiredMark={false} onFinish={(e) => save.mutate(e)}
        initialValues={{ kind: "invite", grants: [{ role: "viewer", reach: "place" }], until: dayjs(pickerDate(Date.now() + 30 * day)) }}>
        <Form.Item name="kind" label={t("kind")}><Segmented options={(["invite", "user"] as const).map((value) => ({ value, label: t(`kind.${value}`) }))} /></Form.Item>
        <div className="row" style={{ alignItems: "start" }}>
          <Form.Item name="name" label={t(kind === "user" ? "name.known" : "name")} rules={needed} style={{ flex: 1 }}><Input maxLength={100} autoComplete="off" /></Form.Item>
          {kind === "invite" && <Form.Item name="display" label={t("display")} rules={needed} style={{ flex: 1 }}><Input maxLength={100} autoComplete="off" /></Form.Item>}
          {kind === "invite" && <Form.Item name="organisation" label={t("organisation")} rules={needed} style={{ flex: 1 }}><Input maxLength={100} autoComplete="off" /></Form.Item>}
        </div>
        <Things />
        <div className="row" style={{ alignItems: "start" }}>
          <UntilItem />
          <Form.Item name="purpose" label={t("purpose")} rules={needed} style={{ flex: 1 }}><Input maxLength={130} autoComplete="off" /></Form.Item>
        </div>
      </Form>
      {save.error && <Problem error={save.error} />}
    </Modal>
  );
}

const most = 10; // as the node has it

function Things() {
  const { t } = useTranslation("guests");
  return (
    <Form.List name="grants">
      {(fields, { add, remove }) => (
        <fieldset style={{ border: 0, margin: "0 0 16px", padding: 0 }}>
          <legend style={{ padding: "0 0 8px" }}>{t("things")}</legend>
          {fields.map((f, i) => <OneGrant key={f.key} at={f.name} no={i + 1} remove={fields.length > 1 ? () => remove(f.name) : undefined} head={<May at={f.name} />} lasting />)}
          <Button disabled={fields.length >= most} onClick={() => add({ role: "viewer", reach: "place" } satisfies Edited)}>{t("more")}</Button>
        </fieldset>
      )}
    </Form.List>
  );
}

/** What the role of a grant that is being written lets do. */
function May({ at }: { at: number }) {
  const { t } = useTranslation("guests");
  const { t: a } = useTranslation("access");
  const { data } = useQuery(roles);
  const role = Form.useWatch(["grants", at, "role"], Form.useFormInstance()) as string | undefined;
  const of = data?.find((r) => r.id === role);
  return of ? <div className="dim" style={{ paddingBottom: 4 }}>{t("role.may", { may: of.permissions.map((p) => a(`may.${p}`)).join("、") })}</div> : null;
}

/** A link that signs in once, shown once. */
export function SignInLink({ name, secret, expires }: { name: string; secret: string; expires: string }) {
  const { t } = useTranslation("guests");
  const { message } = App.useApp();
  const link = `${location.origin}/signin?link=${encodeURIComponent(secret)}&to=${encodeURIComponent("/account")}`;
  return (
    <Alert type="warning" showIcon title={t("secret", { at: dateTime(expires), name })} description={
      <div className="stack">
        <span className="mono" style={{ overflowWrap: "anywhere" }}>{link}</span>
        <div><Button size="small" onClick={() => void navigator.clipboard.writeText(link).then(() => message.success(t("common:copied")))}>{t("copy")}</Button></div>
      </div>} />
  );
}
