import { Button, Result } from "antd";
import { useTranslation } from "react-i18next";
import { useProblem } from "./Status";

export function PageError({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const problem = useProblem();
  return <Result status="warning" title={t("error.page")} subTitle={problem(error)} extra={<Button type="primary" onClick={() => location.reload()}>{t("retry")}</Button>} />;
}

export function Missing() {
  const { t } = useTranslation();
  return <Result status="404" title={t("error.nopage")} extra={<a href="/">{t("nav.overview")}</a>} />;
}
