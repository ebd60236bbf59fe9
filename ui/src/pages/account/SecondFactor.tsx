import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, QRCode } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ApiError } from "../../api/client";
import { secondFactor } from "../../api/queries";
import { Problem, useProblem, Waiting } from "../../components/Status";
import { download } from "../../lib/download";
import { dateTime } from "../../lib/time";

interface Enrolment { secret: string; uri: string }

/** An authenticator on the telephone: set up, in force, taken off. */
export function SecondFactor() {
  const { t } = useTranslation("account");
  const state = useQuery(secondFactor);
  const client = useQueryClient();
  const [codes, setCodes] = useState<string[]>();
  const renew = () => Promise.all([client.invalidateQueries({ queryKey: ["second-factor"] }), client.invalidateQueries({ queryKey: ["session"] })]);
  const begin = useMutation({ mutationFn: () => api.post<Enrolment>("/second-factor") });
  const confirm = useMutation({
    mutationFn: (code: string) => api.put<{ codes: string[] }>("/second-factor", { code }),
    onSuccess: (got) => { setCodes(got.codes); begin.reset(); return renew(); },
  });
  const { message } = App.useApp();
  const off = useMutation({ mutationFn: (code: string) => api.post("/second-factor/off", { code }), onSuccess: () => { setCodes(undefined); message.success(t("factor.gone")); return renew(); } });
  const again = useMutation({ mutationFn: (code: string) => api.post<{ codes: string[] }>("/second-factor/recovery", { code }), onSuccess: (got) => { setCodes(got.codes); return renew(); } });
  if (!state.data) return <Waiting query={state} />;
  const f = state.data;
  return (
    <div className="stack">
      <div role="status">{f.on ? t("factor.on", { at: dateTime(f.since ?? ""), left: f.recovery_left }) : t("factor.none")} {f.required && <strong>{t("factor.required")}</strong>}</div>
      {codes && <Recovery codes={codes} />}
      {!f.on && !begin.data && <div><Button type="primary" loading={begin.isPending} onClick={() => begin.mutate()}>{t("factor.begin")}</Button></div>}
      {begin.error && <Problem error={begin.error} />}
      {!f.on && begin.data && (
        <div className="row" style={{ alignItems: "flex-start", gap: 24 }}>
          <div role="img" aria-label={t("factor.qr")}><QRCode value={begin.data.uri} type="svg" size={180} /></div>
          <div className="stack" style={{ maxWidth: 420 }}>
            <div>{t("factor.how")}</div>
            <div>{t("factor.secret")} <span className="mono" style={{ overflowWrap: "anywhere" }}>{begin.data.secret}</span></div>
            <CodeForm label={t("factor.code")} submit={t("factor.confirm")} pending={confirm.isPending} error={confirm.error} enter={(code) => confirm.mutate(code)} />
          </div>
        </div>)}
      {f.on && <CodeForm label={t("factor.code.again")} submit={t("factor.again")} pending={again.isPending} error={again.error} enter={(code) => again.mutate(code)} />}
      {f.on && <CodeForm label={t("factor.code.off")} submit={t("factor.off")} pending={off.isPending} error={off.error} enter={(code) => off.mutate(code)} />}
    </div>
  );
}

interface CodeProps { label: string; submit: string; pending: boolean; error: Error | null; enter: (code: string) => void }

function CodeForm({ label, submit, pending, error, enter }: CodeProps) {
  const { t } = useTranslation("account");
  const problem = useProblem();
  const words = error instanceof ApiError && error.until ? t("password.locked", { at: dateTime(error.until) }) : error instanceof ApiError && error.status === 401 ? t("factor.wrong") : error ? problem(error) : "";
  return (
    <Form<{ code: string }> layout="vertical" requiredMark={false} style={{ maxWidth: 300 }} onFinish={(e) => enter(e.code)}>
      {words && <Alert type="error" showIcon title={words} role="alert" style={{ marginBottom: 12 }} />}
      <Form.Item name="code" label={label} rules={[{ required: true, message: t("password.missing") }]}><Input autoComplete="one-time-code" maxLength={40} /></Form.Item>
      <Button htmlType="submit" loading={pending}>{submit}</Button>
    </Form>
  );
}

function Recovery({ codes }: { codes: string[] }) {
  const { t } = useTranslation("account");
  return (
    <Alert type="warning" showIcon title={t("recovery")} description={
      <div className="stack">
        <ul className="mono" style={{ columns: 2, margin: 0 }}>{codes.map((c) => <li key={c}>{c}</li>)}</ul>
        <div><Button size="small" onClick={() => download("zhigai-recovery-codes.txt", `${codes.join("\r\n")}\r\n`, "text/plain")}>{t("recovery.save")}</Button></div>
      </div>} />
  );
}
