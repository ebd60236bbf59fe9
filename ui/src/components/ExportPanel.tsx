import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Progress } from "antd";
import { useTranslation } from "react-i18next";
import { address, api } from "../api/client";
import type { TenantExport } from "../api/types";
import { bytes } from "../lib/format";
import { shortTime } from "../lib/time";

const going = (e: TenantExport | undefined): boolean => e?.state === "waiting" || e?.state === "running";

/** Has everything a firm owns written as a file, shows how far it is, and gives it out. path: /export or that of a tenant. */
export function ExportPanel({ path }: { path: string }) {
  const { t } = useTranslation("export");
  const { message } = App.useApp();
  const client = useQueryClient();
  const key = ["export", path];
  const { data: now, error } = useQuery({
    queryKey: key, queryFn: ({ signal }) => api.get<TenantExport>(path, {}, signal), refetchInterval: (q) => (going(q.state.data) ? 1_000 : false),
  });
  const start = useMutation({ mutationFn: () => api.post<TenantExport>(path), onSuccess: (e) => client.setQueryData(key, e), onError: (err) => { message.error(err.message); } });
  const { done = 0, of = 0, step = "plant" } = now?.progress ?? {};
  return (
    <section className="stack">
      <p className="dim">{t("about")}</p>
      {error && <Alert type="error" showIcon title={error.message} />}
      {now?.state === "failed" && <Alert type="error" showIcon title={t("failed", { why: now.error ?? "" })} />}
      {now && going(now) && (
        <div className="row" role="status">
          <span>{now.state === "waiting" ? t("waiting") : t("running", { step: t(`step.${step}`), size: bytes(now.bytes) })}</span>
          {of > 0 && <><span className="num">{t("part", { done, of })}</span><Progress style={{ width: 200 }} percent={Math.floor((100 * done) / of)} size="small" aria-label={t("progress")} /></>}
        </div>)}
      <div className="row">
        {now?.state === "ready" && <><Button type="primary" href={address(`${path}/file`)} download>{t("fetch", { size: bytes(now.bytes) })}</Button>{now.expires && <span className="dim">{t("until", { at: shortTime(now.expires) })}</span>}</>}
        {now && !going(now) && <Button loading={start.isPending} onClick={() => start.mutate()}>{t(now.state === "ready" ? "again" : "start")}</Button>}
      </div>
    </section>
  );
}
