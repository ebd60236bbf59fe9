import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Drawer, Segmented, Table, Tag, Upload } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import type { Ledger, Plan, Planned } from "../../api/ledgers";
import { useLang } from "../../i18n/useLang";

const colours = { new: "success", changed: "processing", unchanged: "default", error: "error" } as const;
const kinds = ["error", "warned", "new", "changed", "unchanged"] as const;
type Kind = (typeof kinds)[number];

const fits = (r: Planned, kind: Kind): boolean => (kind === "warned" ? r.status !== "error" && r.faults.length > 0 : r.status === kind);

/** A sheet of robots or returns: looked at cell by cell, then all or none. */
export function LedgerImport({ of, close }: { of: Ledger; close: () => void }) {
  const { t } = useTranslation("ledgers");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [file, setFile] = useState<File>();
  const [sure, setSure] = useState(false);
  const check = useMutation({ mutationFn: (f: File) => api.postFile<Plan>(`/ledgers/${of}/check`, f, { file: f.name }), onError: (err) => { message.error(err.message, 15); } });
  const apply = useMutation({
    mutationFn: (p: Plan) => api.postFile<Plan>(`/ledgers/${of}/apply`, file ?? new Blob(), { file: file?.name, digest: p.digest, confirmed: sure }),
    onSuccess: async () => { await client.invalidateQueries(); },
    onError: (err) => { message.error(err.message, 15); },
  });
  const plan = apply.data ?? check.data;
  return (
    <Drawer open onClose={close} size={960} title={t(`import.${of}`)}>
      <div className="stack">
        <div className="row"><span>{t(`import.hint.${of}`)}</span><Button href={address(`/ledgers/${of}/template`)}>{t("template")}</Button></div>
        <Upload.Dragger accept=".xlsx,.xlsm,.csv,.txt" showUploadList={false} disabled={check.isPending || apply.isPending} aria-label={t("file")}
          beforeUpload={(f) => { setFile(f); setSure(false); apply.reset(); check.mutate(f); return Upload.LIST_IGNORE; }}>
          <p role="status">{check.isPending ? t("checking") : file ? t("another", { file: file.name }) : t("drop")}</p>
          <p className="dim">{t("drop.hint")}</p>
        </Upload.Dragger>
        {apply.data && <Alert type="success" showIcon title={t("applied", apply.data.counts)} />}
        {plan && <Rows key={plan.digest} plan={plan} />}
        {check.data && !apply.data && <Apply plan={check.data} sure={sure} setSure={setSure} busy={apply.isPending} apply={() => apply.mutate(check.data)} />}
      </div>
    </Drawer>
  );
}

function Rows({ plan }: { plan: Plan }) {
  const { t } = useTranslation("ledgers");
  const { name } = useLang();
  const there = kinds.filter((k) => plan.counts[k] > 0);
  const [only, setOnly] = useState<Kind | undefined>(there[0]);
  if (!only) return <Alert type="info" showIcon title={t("empty")} />;
  return (
    <>
      <Segmented<Kind> aria-label={t("only")} value={only} onChange={setOnly} options={there.map((k) => ({ value: k, label: `${t(`status.${k}`)} ${plan.counts[k]}` }))} />
      <Table<Planned> size="small" rowKey="line" dataSource={plan.rows.filter((r) => fits(r, only))} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: 760, y: 420 }}
        columns={[
          { title: t("row.line"), dataIndex: "line", width: 60 },
          { title: t("row.status"), key: "status", width: 80, render: (_, r) => <Tag color={colours[r.status]}>{t(`status.${r.status}`)}</Tag> },
          { title: t("firm"), dataIndex: "firm", width: 200 },
          { title: t("row.what"), dataIndex: "what", width: 120 },
          { title: t("row.faults"), key: "faults", render: (_, r) => r.faults.map((f) => <div key={f.column + f.text.zh}>{f.column ? t("row.fault", { column: f.column, text: name(f.text) }) : name(f.text)}</div>) },
        ]} />
      {plan.more > 0 && <p className="dim">{t("rows.more", { n: plan.more })}</p>}
    </>
  );
}

function Apply({ plan, sure, setSure, busy, apply }: { plan: Plan; sure: boolean; setSure: (v: boolean) => void; busy: boolean; apply: () => void }) {
  const { t } = useTranslation("ledgers");
  const c = plan.counts;
  if (c.error > 0) return <Alert type="error" showIcon title={t("mend", { n: c.error })} />;
  if (c.new + c.changed === 0) return <Alert type="info" showIcon title={t("nothing")} />;
  return (
    <div className="row">
      {c.warned > 0 && <Checkbox checked={sure} onChange={(e) => setSure(e.target.checked)}>{t("confirm", { n: c.warned })}</Checkbox>}
      <Button type="primary" loading={busy} disabled={c.warned > 0 && !sure} onClick={apply}>{t("apply", { n: c.new + c.changed })}</Button>
    </div>
  );
}
