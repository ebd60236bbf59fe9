import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Partner, Preview } from "../../api/exchange";
import { Problem } from "../../components/Status";
import { base64, formats, kinds } from "./exchange";
import { Said } from "../../components/Said";

type Kind = (typeof kinds)[number];
type Format = (typeof formats)[number];

/** What a sample message would say here, by the mapping as it stands in the form. */
export function TryOut({ partner }: { partner: Partner }) {
  const { t } = useTranslation("exchange");
  const [kind, setKind] = useState<Kind>("order");
  const [format, setFormat] = useState<Format>(partner.format === "xlsx" ? "csv" : partner.format);
  const [sample, setSample] = useState("");
  const run = useMutation({ mutationFn: () => api.post<Preview>("/exchange/preview", { partner, kind, format, ...(sample && { body: base64(sample) }) }) });
  const seen = run.data;
  return (
    <section className="panel stack" aria-label={t("try")}>
      <p className="dim" style={{ margin: 0 }}>{t("try.hint")}</p>
      <div className="row">
        <Select<Kind> aria-label={t("try.kind")} value={kind} onChange={setKind} style={{ width: 140 }} options={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} />
        <Select<Format> aria-label={t("try.format")} value={format} onChange={setFormat} style={{ width: 180 }} options={formats.filter((x) => x !== "xlsx").map((x) => ({ value: x, label: t(`format.${x}`) }))} />
        <Button loading={run.isPending} onClick={() => run.mutate()}>{t("try.run")}</Button>
      </div>
      <Input.TextArea aria-label={t("try.body")} placeholder={t("try.body")} className="mono" value={sample} onChange={(e) => setSample(e.target.value)} autoSize={{ minRows: 4, maxRows: 14 }} />
      {run.error && <Problem error={run.error} />}
      {seen?.problem && <Alert type="error" showIcon title={<Said text={seen.problem} />} />}
      {seen && seen.parts.length > 0 && <div><strong>{t("try.in")}</strong><pre className="mono" style={{ overflowX: "auto" }} tabIndex={0}>{seen.parts.map((p) => JSON.stringify(p.body, undefined, 1)).join("\n")}</pre></div>}
      {seen?.out && <div><strong>{t("try.out")}</strong><pre className="mono" style={{ overflowX: "auto" }} tabIndex={0}>{seen.out}</pre></div>}
      {seen && !seen.problem && seen.parts.length === 0 && !seen.out && <p className="dim">{t("try.none")}</p>}
    </section>
  );
}
