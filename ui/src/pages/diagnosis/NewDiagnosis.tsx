import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, Modal, Form, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Diagnosis, diagnosisFirms, edition, editions } from "../../api/diagnosis";
import { useLang } from "../../i18n/useLang";
import { type PlanFields, PlanForm, planOf, startOfPlan } from "./PlanForm";

/** A diagnosis begins with a firm, an edition and a plan. */
export function NewDiagnosis({ close }: { close: () => void }) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const navigate = useNavigate();
  const [f] = Form.useForm<PlanFields & { firm: string; edition: string }>();
  const [q, setQ] = useState("");
  const firms = useQuery(diagnosisFirms(q));
  const list = useQuery(editions);
  const first = list.data?.[0];
  const chosen: string | undefined = Form.useWatch("edition", f) ?? first?.id;
  const full = useQuery({ ...edition(chosen ?? "", 0), enabled: chosen !== undefined });
  const start = useMutation({
    mutationFn: (v: PlanFields & { firm: string; edition: string }) => api.post<Diagnosis>("/diagnoses", { firm: v.firm, edition: v.edition, plan: planOf(v) }),
    onSuccess: (d) => void navigate({ to: "/diagnoses", search: { id: d.id } }),
  });
  if (!first) return null;
  return (
    <Modal open title={t("new")} okText={t("start")} cancelText={t("common:cancel")} onCancel={close} onOk={() => f.submit()} confirmLoading={start.isPending} width={680}>
      {start.error && <Alert type="error" showIcon message={start.error.message} style={{ marginBottom: 12 }} />}
      <Form form={f} layout="vertical" initialValues={{ edition: first.id, ...startOfPlan() }} onFinish={(v) => start.mutate(v)}>
        <Form.Item name="firm" label={t("firm")} rules={[{ required: true, message: t("firm.needed") }]}>
          <Select showSearch filterOption={false} onSearch={setQ} loading={firms.isPending} notFoundContent={t("firm.none")}
            options={(firms.data ?? []).map((x) => ({ value: x.id, label: [x.name, x.region, x.sector].filter(Boolean).join(" · ") }))} />
        </Form.Item>
        <Form.Item name="edition" label={t("edition")} rules={[{ required: true }]} extra={t("edition.hint")}>
          <Select options={(list.data ?? []).map((e) => ({ value: e.id, label: `${name(e.name)} · v${e.version}${e.verified ? "" : ` · ${t("unverified")}`}` }))} />
        </Form.Item>
        <PlanForm edition={full.data} />
      </Form>
    </Modal>
  );
}
