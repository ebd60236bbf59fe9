import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { health } from "../../api/queries";
import { fixed } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { Said } from "../../components/Said";

export function HealthTab() {
  const { t, i18n } = useTranslation("system");
  const { data, error } = useQuery(health);
  if (error) return <Alert type="error" showIcon message={error.message} />;
  if (!data) return null;
  const named = (id: string) => (i18n.exists(`system:check.${id}`) ? t(`check.${id as "history"}`) : id);
  return (
    <div className="stack">
      <Alert type={data.status === "ok" ? "success" : "warning"} showIcon message={t(`health.${data.status}`)} />
      <dl className="kv">
        <dt>{t("version")}</dt><dd>{data.version}</dd>
        <dt>{t("started")}</dt><dd>{dateTime(data.started)}</dd>
      </dl>
      <table className="plain">
        <thead><tr><th>{t("check")}</th><th /><th>{t("detail")}</th></tr></thead>
        <tbody>{data.checks.map((c) => <tr key={c.name}><td>{named(c.name)}</td><td>{c.ok ? t("health.ok") : t("health.degraded")}</td><td><Said text={c.detail} /></td></tr>)}</tbody>
      </table>
      <h3>{t("pressure")}</h3>
      <dl className="kv">
        {Object.entries({ ...data.pressure, ...data.pressure.requests, requests: undefined }).map(([key, n]) => n !== undefined && (
          <Fragment key={key}><dt>{t(`pressure.${key as "held"}`)}</dt><dd>{fixed(n, 0)}</dd></Fragment>
        ))}
      </dl>
    </div>
  );
}
