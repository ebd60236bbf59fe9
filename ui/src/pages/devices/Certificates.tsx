import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Empty, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Certificate } from "../../api/types";

/** A device's certificate counts only after a person compared its fingerprint. */
export function Certificates({ rows }: { rows: Certificate[] }) {
  const { t } = useTranslation("devices");
  const { message } = App.useApp();
  const client = useQueryClient();
  const approve = useMutation({
    mutationFn: (c: Certificate) => api.post("/certificates", { address: c.address, fingerprint: c.fingerprint }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["certificates"] }),
    onError: (err) => { message.error(err.message); },
  });
  if (rows.length === 0) return <Empty description={t("cert.none")} />;
  return (
    <table className="plain">
      <thead><tr><th>{t("cert.address")}</th><th>{t("cert.subject")}</th><th>{t("cert.fingerprint")}</th><th /></tr></thead>
      <tbody>
        {rows.map((c) => (
          <tr key={c.address + c.fingerprint}>
            <td>{c.address}</td><td>{c.subject}</td><td className="mono">{c.fingerprint.match(/.{1,4}/g)?.join(" ")}</td>
            <td><Popconfirm title={t("cert.confirm")} onConfirm={() => approve.mutate(c)}><Button>{t("cert.approve")}</Button></Popconfirm></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
