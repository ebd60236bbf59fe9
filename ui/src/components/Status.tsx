import { Alert, Button, Empty, Spin } from "antd";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/client";

/** An error as the user can act on it. */
export function useProblem(): (err: unknown) => string {
  const { t } = useTranslation();
  return (err) => {
    if (err instanceof ApiError) {
      const detail = [err.message, ...err.fields.filter((f) => f.message !== err.message).map((f) => `${f.location ?? ""} ${f.message}`.trim())].join("；");
      return t(`error.${err.code}` as "error.internal", { detail });
    }
    return err instanceof Error ? err.message : String(err);
  };
}

export function Problem({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = useProblem();
  const { t } = useTranslation();
  return <Alert type="error" showIcon title={problem(error)} action={retry && <Button size="small" onClick={retry}>{t("retry")}</Button>} />;
}

interface Query { error: unknown; isPending: boolean; refetch?: () => unknown }

/** Loading and failure in one place; null once there is something to show. */
export function Waiting({ query }: { query: Query }) {
  const { t } = useTranslation();
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch?.()} />;
  if (query.isPending) return <div role="status" style={{ padding: 24, textAlign: "center" }}><Spin /> <span className="dim">{t("loading")}</span></div>;
  return null;
}

export function Nothing({ text }: { text?: string }) {
  const { t } = useTranslation();
  return <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={text ?? t("empty")} />;
}
