import { CameraOutlined, DeleteOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { components } from "../../api/schema";
import { useProblem } from "../../components/Status";
import { filePath } from "../production/Documents";

/** Photos of one line of a check list, kept by their SHA-256. */
export function Photos({ text, place, all, change }: { text: string; place: string; all: string[]; change: ((all: string[]) => void) | undefined }) {
  const { t } = useTranslation("spares");
  const { message } = App.useApp();
  const problem = useProblem();
  const input = useRef<HTMLInputElement>(null);
  const keep = useMutation({
    mutationFn: (f: File) => api.postFile<components["schemas"]["AttachmentFile"]>("/files", f, { name: f.name, place }),
    onSuccess: (f) => { message.info(t("photo.saved")); if (!all.includes(f.sha256)) change?.([...all, f.sha256]); },
    onError: (err) => { message.error(problem(err), 10); },
  });
  if (all.length === 0 && !change) return null;
  return (
    <span className="row" style={{ display: "inline-flex", marginLeft: 8 }}>
      {all.map((sum, i) => (
        <span key={sum} className="row" style={{ display: "inline-flex", gap: 2 }}>
          <a href={filePath(sum)} target="_blank" rel="noreferrer"><img src={filePath(sum)} alt={t("photo.n", { n: i + 1, text })} style={{ height: 40, border: "1px solid var(--line, #ccc)" }} /></a>
          {change && <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t("photo.remove", { n: i + 1, text })} onClick={() => change(all.filter((s) => s !== sum))} />}
        </span>))}
      {change && all.length < 8 && (
        <>
          <Button size="small" icon={<CameraOutlined />} loading={keep.isPending} aria-label={`${t("photo.add")}：${text}`} onClick={() => input.current?.click()} />
          <input ref={input} type="file" style={{ display: "none" }} aria-label={`${t("photo.add")} ${text}`} accept="image/png,image/jpeg,image/webp" capture="environment" onChange={(e) => { const f = e.target.files?.[0]; if (f) keep.mutate(f); e.target.value = ""; }} />
        </>)}
    </span>
  );
}
