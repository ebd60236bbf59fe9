import { Alert, Table } from "antd";
import { useTranslation } from "react-i18next";
import type { DeviceValue, Trial } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";

/** Whether a device answered, and what to do when it did not. */
export function TrialAlert({ trial }: { trial: Trial }) {
  const { t } = useTranslation("devices");
  return trial.ok
    ? <Alert type="success" showIcon message={t("test.ok", { ms: trial.took_ms })} description={trial.text} />
    : <Alert type="error" showIcon message={t("test.bad", { error: trial.error })} description={t("remedy", { remedy: trial.remedy })} />;
}

/** What the wire says beside what it means. */
export function Readings({ rows, loading = false }: { rows: DeviceValue[]; loading?: boolean }) {
  const { t } = useTranslation("devices");
  const { lang } = useLang();
  return (
    <Table<DeviceValue> size="small" rowKey="tag" dataSource={rows} loading={loading} pagination={false} scroll={{ x: 700 }}
      columns={[
        { title: t("v.name"), dataIndex: "name", render: (v: string) => <span className="mono">{v}</span> },
        { title: t("v.address"), dataIndex: "address", render: (v: string) => <span className="mono dim">{v}</span> },
        { title: t("v.raw"), dataIndex: "raw", render: (v?: string) => <span className="mono">{v}</span> },
        { title: t("v.rawvalue"), key: "raw_value", align: "right", render: (_, v) => (v.raw_value === undefined ? "" : measured(v.raw_value)) },
        { title: t("v.value"), key: "value", align: "right", render: (_, v) => (v.value === undefined ? v.text : `${measured(v.value)} ${unitText(v.unit, lang)}`) },
        { title: t("v.quality"), key: "quality", render: (_, v) => <>{v.quality}{v.error && <div className="dim">{v.error}</div>}</> },
      ]} />
  );
}
