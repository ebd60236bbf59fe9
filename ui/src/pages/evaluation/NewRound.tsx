import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, Form, Input, InputNumber, Modal, Select } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { standards, type Round } from "../../api/evaluation";
import { useLang } from "../../i18n/useLang";
import { RegionPicker } from "../../components/RegionPicker";

interface Fields { title: string; standard: string; year: number; region?: string; sector?: string }

/** A round begins with a standard, a year and where its firms are; its first list is computed at once. */
export function NewRound({ close }: { close: () => void }) {
  const { t } = useTranslation("evaluation");
  const { name } = useLang();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [f] = Form.useForm<Fields>();
  const book = useQuery(standards).data;
  const id: string | undefined = Form.useWatch("standard", f);
  const chosen = book?.standards.find((s) => s.id === id);
  const start = useMutation({
    mutationFn: (v: Fields) => api.post<Round>("/evaluations", { ...v, version: 0, sector: v.sector || undefined }),
    onSuccess: (r) => {
      void client.invalidateQueries({ queryKey: ["evaluations"] });
      void navigate({ to: "/evaluations", search: { id: r.id } });
    },
  });
  return (
    <Modal open title={t("new")} okText={t("compute")} cancelText={t("common:cancel")} onCancel={close} onOk={() => f.submit()} confirmLoading={start.isPending} width={640}>
      {start.error && <Alert type="error" showIcon message={start.error.message} style={{ marginBottom: 12 }} />}
      <Form form={f} layout="vertical" initialValues={{ year: new Date().getFullYear() - 1 }} onFinish={(v) => start.mutate(v)}>
        <Form.Item name="title" label={t("round")} rules={[{ required: true, whitespace: true, message: t("title.needed") }]}><Input maxLength={60} /></Form.Item>
        <Form.Item name="standard" label={t("standard")} rules={[{ required: true, message: t("standard.needed") }]} extra={chosen?.verified === "unverified" && <>{t("unverified.hint")} {name(chosen.note)}</>}>
          <Select options={(book?.standards ?? []).filter((s, i, all) => all.findIndex((o) => o.id === s.id) === i).map((s) => ({ value: s.id, label: `${name(s.name)} · v${s.version}` }))} />
        </Form.Item>
        <Form.Item name="year" label={t("year")} rules={[{ required: true }]} extra={t("year.hint")}><InputNumber min={1990} max={new Date().getFullYear()} /></Form.Item>
        <Form.Item name="region" label={t("region")}><RegionPicker /></Form.Item>
        <Form.Item name="sector" label={t("sector")} rules={[{ pattern: /^([A-T][0-9]{0,4})?$/, message: t("sector.bad") }]}><Input style={{ width: 160 }} placeholder="C34" /></Form.Item>
      </Form>
    </Modal>
  );
}
