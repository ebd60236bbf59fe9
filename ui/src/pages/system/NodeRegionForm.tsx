import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Form, Modal } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { LinkedNode } from "../../api/types";
import { RegionPicker } from "../../components/RegionPicker";
import { Problem } from "../../components/Status";

/** For which division a node below reports. */
export function NodeRegionForm({ node, region, close }: { node: LinkedNode; region: string | undefined; close: () => void }) {
  const { t } = useTranslation("system");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<{ code?: string }>();
  const save = useMutation({
    mutationFn: (e: { code?: string }) => api.put(`/links/nodes/${node.node.id}/region`, { code: e.code ?? "" }),
    onSuccess: () => { message.success(t("common:saved")); close(); return client.invalidateQueries({ queryKey: ["links"] }); },
  });
  return (
    <Modal open title={t("l.region.of", { name: node.node.name })} onCancel={close} onOk={() => form.submit()} confirmLoading={save.isPending}>
      <Form form={form} layout="vertical" initialValues={{ code: region }} onFinish={(e) => save.mutate(e)}>
        <Form.Item name="code" label={t("l.region.set")} extra={t("l.region.hint")}><RegionPicker style={{ width: "100%" }} /></Form.Item>
      </Form>
      {save.error && <Problem error={save.error} />}
    </Modal>
  );
}
