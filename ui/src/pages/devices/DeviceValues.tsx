import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { deviceValues, machine } from "../../api/queries";
import type { DeviceStatus, Trial } from "../../api/types";
import { Readings, TrialAlert } from "./Readings";

/** What the wire says beside what is kept, and a connection test. */
export function DeviceValues({ device }: { device: DeviceStatus }) {
  const { t } = useTranslation("devices");
  const values = useQuery(deviceValues(device.id));
  const node = useQuery(machine(device.equipment));
  const trial = useMutation({
    mutationFn: () => api.post<Trial>("/devices/test", {
      driver: device.driver, address: device.address, profile: device.profile, params: node.data?.node.equipment?.device.params ?? {},
    }),
  });
  return (
    <div className="stack">
      <div className="row">
        <Button type="primary" loading={trial.isPending} onClick={() => trial.mutate()}>{trial.isPending ? t("testing") : t("test")}</Button>
        <span className="mono dim">{device.driver} {device.address}</span>
      </div>
      {trial.error && <Alert type="error" showIcon message={trial.error.message} />}
      {trial.data && <TrialAlert trial={trial.data} />}
      <h2 style={{ fontSize: 15, margin: 0 }}>{t("values")}</h2>
      <Readings rows={values.data ?? []} loading={values.isPending} />
    </div>
  );
}
