import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Table } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { deviceValues, machine } from "../../api/queries";
import type { DeviceStatus, DeviceValue, Trial } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";

/** What the wire says beside what is kept, and a connection test. */
export function DeviceValues({ device }: { device: DeviceStatus }) {
  const { t } = useTranslation("devices");
  const { lang } = useLang();
  const values = useQuery(deviceValues(device.id));
  const node = useQuery(machine(device.equipment));
  const trial = useMutation({
    mutationFn: () => api.post<Trial>("/devices/test", {
      driver: device.driver, address: device.address, profile: device.profile, params: node.data?.node.equipment?.device.params ?? {},
    }),
  });
  const r = trial.data;
  return (
    <div className="stack">
      <div className="row">
        <Button type="primary" loading={trial.isPending} onClick={() => trial.mutate()}>{trial.isPending ? t("testing") : t("test")}</Button>
        <span className="mono dim">{device.driver} {device.address}</span>
      </div>
      {trial.error && <Alert type="error" showIcon message={trial.error.message} />}
      {r && (r.ok
        ? <Alert type="success" showIcon message={t("test.ok", { ms: r.took_ms })} description={r.text} />
        : <Alert type="error" showIcon message={t("test.bad", { error: r.error })} description={t("remedy", { remedy: r.remedy })} />)}
      <h2 style={{ fontSize: 15, margin: 0 }}>{t("values")}</h2>
      <Table<DeviceValue> size="small" rowKey="tag" dataSource={values.data ?? []} loading={values.isPending} pagination={false} scroll={{ x: 700 }}
        columns={[
          { title: t("v.name"), dataIndex: "name", render: (v: string) => <span className="mono">{v}</span> },
          { title: t("v.address"), dataIndex: "address", render: (v: string) => <span className="mono dim">{v}</span> },
          { title: t("v.raw"), dataIndex: "raw", render: (v?: string) => <span className="mono">{v}</span> },
          { title: t("v.rawvalue"), key: "raw_value", align: "right", render: (_, v) => (v.raw_value === undefined ? "" : measured(v.raw_value)) },
          { title: t("v.value"), key: "value", align: "right", render: (_, v) => (v.value === undefined ? v.text : `${measured(v.value)} ${unitText(v.unit, lang)}`) },
          { title: t("v.quality"), key: "quality", render: (_, v) => <>{v.quality}{v.error && <div className="dim">{v.error}</div>}</> },
        ]} />
    </div>
  );
}
