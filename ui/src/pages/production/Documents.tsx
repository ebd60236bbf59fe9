import { DeleteOutlined, UploadOutlined } from "@ant-design/icons";
import { useMutation } from "@tanstack/react-query";
import { App, Button, Input, Select } from "antd";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Segment } from "../../api/production";
import type { components } from "../../api/schema";
import { useProblem } from "../../components/Status";

export type Document = NonNullable<Segment["documents"]>[number];

export const filePath = (sha256: string) => `/api/v1/files/${sha256}`;

const kinds = ["instruction", "drawing", "picture", "program"] as const;

/** What a file is for, by its kind, until somebody says otherwise. */
const guess = (media: string): Document["kind"] => (media.startsWith("image/") ? "picture" : media === "text/plain" ? "program" : "drawing");

/** Drawings and pictures of an operation: files that are kept by their SHA-256. */
export function Documents({ value, onChange }: { value?: Document[]; onChange?: (v: Document[]) => void }) {
  const { t } = useTranslation("production");
  const { message } = App.useApp();
  const problem = useProblem();
  const input = useRef<HTMLInputElement>(null);
  const docs = value ?? [];
  const keep = useMutation({
    mutationFn: (f: File) => api.postFile<components["schemas"]["AttachmentFile"]>("/files", f, { name: f.name }),
    onSuccess: (f) => {
      if (docs.some((d) => d.sha256 === f.sha256)) return void message.info(t("doc.twice", { name: f.name }));
      onChange?.([...docs, { title: f.name.replace(/\.[^.]*$/, "").slice(0, 200) || f.name, kind: guess(f.media), sha256: f.sha256, bytes: f.bytes }]);
    },
    onError: (err) => { message.error(problem(err), 10); },
  });
  const change = (i: number, more: Partial<Document>) => onChange?.(docs.map((d, k) => (k === i ? { ...d, ...more } : d)));
  return (
    <div className="stack">
      {docs.map((d, i) => (
        <div key={d.sha256} className="row">
          <Input style={{ width: 220 }} aria-label={t("doc.title")} maxLength={200} value={d.title} onChange={(e) => change(i, { title: e.target.value })} />
          <Select style={{ width: 130 }} aria-label={t("doc.kind")} value={d.kind} onChange={(kind) => change(i, { kind })} options={kinds.map((k) => ({ value: k, label: t(`doc.${k}`) }))} />
          <a href={filePath(d.sha256)} target="_blank" rel="noreferrer">{t("doc.open")}</a><span className="dim mono">{d.sha256.slice(0, 12)}</span>
          <Button size="small" icon={<DeleteOutlined />} aria-label={t("doc.remove", { name: d.title })} onClick={() => onChange?.(docs.filter((_, k) => k !== i))} />
        </div>))}
      <div className="row">
        <Button icon={<UploadOutlined />} loading={keep.isPending} onClick={() => input.current?.click()}>{t("doc.add")}</Button><span className="dim">{t("doc.hint")}</span>
        <input ref={input} type="file" hidden aria-label={t("doc.add")} accept=".pdf,.png,.jpg,.jpeg,.webp,.txt,.nc,.mpf,.dxf,.stp,.step" onChange={(e) => { const f = e.target.files?.[0]; if (f) keep.mutate(f); e.target.value = ""; }} />
      </div>
    </div>
  );
}
