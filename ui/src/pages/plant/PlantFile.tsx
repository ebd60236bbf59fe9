import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import type { Imported } from "../../api/types";
import { Said } from "../../components/Said";

/** The plant as a file: looked at first, taken over only when it is sound. */
export function PlantFile() {
  const { t } = useTranslation("plant");
  const { message } = App.useApp();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState("");
  const send = useMutation({
    mutationFn: (q: { text: string; dry: boolean }) => api.postText<Imported>("/plant", q.text, { dry_run: q.dry }),
    onSuccess: async (r) => {
      if (!r.done) return;
      message.success(t("file.done"));
      await client.invalidateQueries();
    },
    onError: (err) => { message.error(err.message); },
  });
  const chosen = async (file: File | undefined) => {
    if (!file) return;
    const content = await file.text();
    setText(content);
    send.mutate({ text: content, dry: true });
  };
  const r = send.data;
  return (
    <div className="stack">
      <div className="row">
        <Button href={address("/plant")}>{t("file.export")}</Button>
        <Button onClick={() => input.current?.click()} loading={send.isPending}>{t("file.import")}</Button>
        <input ref={input} type="file" accept=".yaml,.yml" hidden aria-label={t("file.import")} onChange={(e) => void chosen(e.target.files?.[0])} />
      </div>
      {r && r.problems.length === 0 && !r.done && (
        <Alert type="success" showIcon message={t("file.ok", { nodes: r.nodes, products: r.products, calendars: r.calendars })}
          action={<Button type="primary" onClick={() => send.mutate({ text, dry: false })}>{t("file.do")}</Button>} />
      )}
      {r && r.problems.length > 0 && (
        <>
          <Alert type="error" showIcon message={t("file.problems", { n: r.problems.length })} />
          <table className="plain">
            <thead><tr><th>{t("file.line")}</th><th>{t("file.what")}</th></tr></thead>
            <tbody>{r.problems.map((p) => <tr key={`${p.Line}:${p.Column}:${p.what}`}><td className="mono">{p.Line}:{p.Column}</td><td><Said text={p.what} /></td></tr>)}</tbody>
          </table>
        </>
      )}
    </div>
  );
}
