import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { FirmSuspicion } from "../../api/types";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { SaidList } from "../devices/Authenticity";
import { whoOf } from "./suspicions";

/** The officer's decision, with what the firm said before. */
export function Decide({ of: s, upheld, close }: { of: FirmSuspicion; upheld: boolean; close: () => void }) {
  const { t } = useTranslation("suspicions");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const send = useMutation({
    mutationFn: () => api.post(`/firm-suspicions/${s.id}/decide`, { upheld, text: text.trim() }),
    onSuccess: async () => {
      await Promise.all(["firm-suspicions", "breakdown", "machine-days", "machine-months", "targets"].map((key) => client.invalidateQueries({ queryKey: [key] })));
      void message.success(t("done"));
      close();
    },
    onError: (err) => { message.error(problem(err)); },
  });
  const what = upheld ? "uphold" : "dismiss";
  return (
    <Modal open title={`${t(what)}：${whoOf(s.party, name)} · ${s.date}`} okText={t(what)} okButtonProps={{ disabled: text.trim() === "", danger: upheld }} onOk={() => send.mutate()} confirmLoading={send.isPending} onCancel={close}>
      <p>{t(`authenticity:kind.${s.kind}` as "kind")}</p>
      {s.said.length > 0 && <SaidList of={s} />}
      <p className="dim">{t(`${what}.hint`)}</p>
      <label>{t("text")}<Input.TextArea autoFocus maxLength={2000} rows={3} value={text} onChange={(e) => setText(e.target.value)} /></label>
    </Modal>
  );
}
