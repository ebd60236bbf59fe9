import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { Alert, Button, Form, Input, Spin } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ApiError } from "../../api/client";
import { doors, health, session } from "../../api/queries";
import type { Login, Me } from "../../api/types";
import { useProblem } from "../../components/Status";
import { setLang } from "../../i18n";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { restartLive } from "../../live/client";

interface Credentials { name: string; password: string }

function useSignIn(to: string | undefined) {
  const client = useQueryClient();
  const done = (me: Me) => {
    client.setQueryData(session.queryKey, me);
    restartLive();
    // Only an address of this node: a link from elsewhere must not lead away.
    location.assign(to?.startsWith("/") && !to.startsWith("//") ? to : "/");
  };
  const byName = useMutation({ mutationFn: (c: Credentials) => api.post<Me>("/session", c), onSuccess: done });
  const byLink = useMutation({ mutationFn: (secret: string) => api.post<Me>("/session/link", { secret }), onSuccess: done });
  const byCode = useMutation({ mutationFn: (e: { ticket: string; code: string }) => api.post<Me>("/session/code", e), onSuccess: done });
  return { byName, byLink, byCode };
}

export default function SignIn() {
  const { t } = useTranslation("signin");
  const { link, to, refused } = useSearch({ from: "/signin" });
  const [ticket] = useState(() => (location.hash.startsWith("#zgp_") ? location.hash.slice(1) : undefined));
  const { lang } = useLang();
  const problem = useProblem();
  const { byName, byLink, byCode } = useSignIn(to);
  const { data: node } = useQuery(health);
  const tried = useRef(false);
  useEffect(() => {
    if (link && !tried.current) {
      tried.current = true; // the link works once
      byLink.mutate(link);
    }
  }, [link, byLink]);
  const err = byName.error;
  const [restart, setRestart] = useState(false);
  const first = [byName.error, byLink.error].find((e): e is ApiError => e instanceof ApiError && !!e.ticket)?.ticket ?? (restart ? undefined : ticket);
  const words = err instanceof ApiError && err.status === 401 ? t("failed") : err instanceof ApiError && err.until ? t("locked.until", { at: dateTime(err.until) }) : err instanceof ApiError && err.status === 429 ? t("locked") : err ? problem(err) : "";
  const broken = node?.checks.filter((c) => !c.ok) ?? [];
  return (
    <main style={{ minHeight: "100%", display: "grid", placeItems: "center", gridTemplateColumns: "minmax(0, 1fr)", padding: 16, boxSizing: "border-box" }}>
      <div className="panel stack" style={{ width: 400, maxWidth: "100%", padding: 28, boxSizing: "border-box" }}>
        <div className="row" style={{ justifyContent: "space-between" }}>
          <h1 style={{ fontSize: 22, margin: 0 }}>{t("title")}</h1>
          <Button type="text" onClick={() => setLang(lang === "zh" ? "en" : "zh")}>{t("common:lang.switch")}</Button>
        </div>
        <p className="dim" style={{ margin: 0 }}>{t("lead")}</p>
        {byLink.isPending && <div role="status"><Spin size="small" /> {t("link.checking")}</div>}
        {byLink.error && !first && <Alert type="error" showIcon title={t("link.failed")} />}
        {first && <SecondStep pending={byCode.isPending} error={byCode.error} enter={(code) => byCode.mutate({ ticket: first, code })} again={() => { setRestart(true); history.replaceState(null, "", "/signin"); byName.reset(); byLink.reset(); byCode.reset(); }} />}
        {words && !first && <Alert type="error" showIcon title={words} role="alert" />}
        {!first && <Form<Credentials> layout="vertical" requiredMark={false} onFinish={(c) => byName.mutate(c)}>
          <Form.Item name="name" label={t("name")} rules={[{ required: true, message: t("name.missing") }]}><Input autoFocus autoComplete="username" size="large" /></Form.Item>
          <Form.Item name="password" label={t("password")} rules={[{ required: true, message: t("password.missing") }]}><Input.Password autoComplete="current-password" size="large" /></Form.Item>
          <Button type="primary" htmlType="submit" size="large" block loading={byName.isPending}>{t("submit")}</Button>
        </Form>}
        {refused && !first && !words && <Alert type="error" showIcon role="alert" title={t(`refused.${refused}` as "refused.failed", { defaultValue: t("refused.failed") })} />}
        {!first && <Doors to={to} />}
        {node?.demo && !first && <DemoLogins logins={node.logins} use={(c) => byName.mutate(c)} />}
        {broken.length > 0 && <Alert type="warning" showIcon title={t("degraded", { what: broken.map((c) => `${c.name} ${c.detail ?? ""}`).join("；") })} />}
        <div className="dim">{node?.version}</div>
      </div>
    </main>
  );
}

/** Other places at which people sign in. */
function Doors({ to }: { to: string | undefined }) {
  const { t } = useTranslation("signin");
  const { name } = useLang();
  const { data } = useQuery(doors);
  if (!data?.length) return null;
  return (
    <section aria-label={t("doors")} className="stack" style={{ gap: 8 }}>
      {data.map((d) => <Button key={d.id} size="large" block href={`/oidc/${d.id}${to ? `?to=${encodeURIComponent(to)}` : ""}`}>{t("door", { name: name(d.name) })}</Button>)}
    </section>
  );
}

interface Second { pending: boolean; error: Error | null; enter: (code: string) => void; again: () => void }

/** The code of the authenticator, or a recovery code. */
function SecondStep({ pending, error, enter, again }: Second) {
  const { t } = useTranslation("signin");
  const problem = useProblem();
  const words = error instanceof ApiError && error.until ? t("locked.until", { at: dateTime(error.until) }) : error instanceof ApiError && error.status === 401 ? t("code.wrong") : error ? problem(error) : "";
  return (
    <Form<{ code: string }> layout="vertical" requiredMark={false} onFinish={(e) => enter(e.code)}>
      {words && <Alert type="error" showIcon title={words} role="alert" style={{ marginBottom: 12 }} />}
      <Form.Item name="code" label={t("code")} extra={t("code.more")} rules={[{ required: true, message: t("code.missing") }]}><Input autoFocus autoComplete="one-time-code" maxLength={40} size="large" /></Form.Item>
      <div className="stack">
        <Button type="primary" htmlType="submit" size="large" block loading={pending}>{t("submit")}</Button>
        <Button type="link" onClick={again}>{t("code.again")}</Button>
      </div>
    </Form>
  );
}

function DemoLogins({ logins, use }: { logins: Login[]; use: (c: Credentials) => void }) {
  const { t } = useTranslation("signin");
  return (
    <section aria-label={t("demo")} className="stack" style={{ gap: 6, borderTop: "1px solid var(--line)", paddingTop: 12 }}>
      <div className="dim">{t("demo")}</div>
      {logins.map((l) => (
        <div key={l.name} className="row" style={{ justifyContent: "space-between" }}>
          <span className="mono">{l.name} / {l.password} <span className="dim">{t(`common:role.${l.role}` as "common:role.admin", l.role)}</span></span>
          <Button size="small" aria-label={t("demo.use", { name: l.name })} onClick={() => use({ name: l.name, password: l.password })}>{t("submit")}</Button>
        </div>))}
    </section>
  );
}
