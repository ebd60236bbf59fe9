import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, App, Button, Checkbox, Upload } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import type { Sheet, SheetApplied, SheetPlan } from "../../api/types";
import { BulkPreview } from "./BulkPreview";
import { PastImports, UndoImport } from "./PastImports";
import { withCell } from "./bulk";

interface Look { sheet: Sheet; places: boolean; plan: SheetPlan }

/** Many machines from one sheet: looked at row by row, then all or none. */
export function BulkAdd() {
  const { t } = useTranslation("bulk");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [look, setLook] = useState<Look>();
  const say = (err: Error) => void message.error(err.message, 10);
  const preview = useMutation({
    mutationFn: async (q: { sheet: Sheet; places: boolean }) => ({ ...q, plan: await api.post<SheetPlan>("/sheets/preview", q) }),
    onSuccess: setLook, onError: say,
  });
  const read = useMutation({
    mutationFn: (f: File) => api.postFile<Sheet>("/sheets/read", f, { file: f.name }),
    onSuccess: (sheet) => preview.mutate({ sheet, places: look?.places ?? false }), onError: say,
  });
  const apply = useMutation({
    mutationFn: (l: Look) => api.post<SheetApplied>("/sheets/apply", { sheet: l.sheet, places: l.places, revision: l.plan.revision }),
    onSuccess: () => client.invalidateQueries(), onError: say,
  });
  const again = () => { setLook(undefined); apply.reset(); };
  if (apply.data) return <Result done={apply.data} again={again} />;
  return (
    <div className="stack">
      <div className="row">
        <span>{t("hint")}</span>
        <Button href={address("/sheets/template")}>{t("template")}</Button>
        <Button href={address("/sheets/machines")}>{t("export")}</Button>
      </div>
      <Upload.Dragger accept=".xlsx,.xlsm,.csv,.txt" showUploadList={false} disabled={read.isPending} aria-label={t("file")} beforeUpload={(f) => { read.mutate(f); return Upload.LIST_IGNORE; }}>
        <p>{look ? `${look.sheet.file} · ${t("another")}` : t("drop")}</p>
        <p className="dim">{t("drop.hint")}</p>
      </Upload.Dragger>
      {look && (
        <>
          {look.plan.places.length > 0 && (
            <div className="row">
              <Checkbox checked={look.places} disabled={preview.isPending} onChange={(e) => preview.mutate({ sheet: look.sheet, places: e.target.checked })}>{t("places")}</Checkbox>
              <span className="dim">{t("places.list", { n: look.plan.places.length, list: placesOf(look.plan, t("more"), (level) => t(`common:level.${level as "area"}`)) })}</span>
            </div>
          )}
          <BulkPreview sheet={look.sheet} plan={look.plan} busy={preview.isPending}
            edit={(row, column, value) => preview.mutate({ sheet: withCell(look.sheet, row, column, value), places: look.places })} />
          <Apply plan={look.plan} busy={preview.isPending || apply.isPending} apply={() => apply.mutate(look)} />
        </>
      )}
      {!look && <PastImports />}
    </div>
  );
}

/** As many as a line holds. */
const placesShown = 8;

function placesOf(plan: SheetPlan, more: string, level: (l: string) => string): string {
  const shown = plan.places.slice(0, placesShown).map((p) => `${p.path} (${level(p.level)})`).join(", ");
  return plan.places.length > placesShown ? `${shown} ${more}` : shown;
}

function Apply(p: { plan: SheetPlan; busy: boolean; apply: () => void }) {
  const { t } = useTranslation("bulk");
  const wrong = (p.plan.counts.error ?? 0) + (p.plan.counts.doubled ?? 0);
  const n = (p.plan.counts.new ?? 0) + (p.plan.counts.changed ?? 0);
  return (
    <div className="row">
      <Button type="primary" disabled={wrong > 0 || n === 0} loading={p.busy} onClick={p.apply}>{t("apply", { n })}</Button>
      <span className="dim" role="status">{wrong > 0 ? t("mend", { n: wrong }) : n === 0 ? t("nothing") : ""}</span>
    </div>
  );
}

function Result({ done, again }: { done: SheetApplied; again: () => void }) {
  const { t } = useTranslation("bulk");
  return (
    <div className="stack">
      <Alert type="success" showIcon message={t("done", { made: done.made, changed: done.changed, places: done.places })} />
      <div className="row">
        <Link to="/devices" search={{ tab: "devices" }}>{t("see")}</Link>
        <Button onClick={again}>{t("another")}</Button>
        <UndoImport done={done} then={again} />
      </div>
    </div>
  );
}
