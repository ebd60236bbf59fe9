import { useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Form, Input, Segmented, Select, Tag, TreeSelect } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { nodes, roles as rolesQuery } from "../../api/queries";
import type { Grant } from "../../api/types";
import { treeOf } from "../../components/ScopePicker";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { ended, type Reach, reachesOf, reachOf, roleName, tidyGrant } from "./roles";

/** A grant while it is edited. */
export interface Edited extends Omit<Grant, "until"> { reach: Reach; end?: Dayjs | null }

export const edit = (grants: Grant[]): Edited[] => grants.map((g) => ({ ...g, reach: reachOf(g), end: g.until ? dayjs(g.until) : null }));

export const written = (edited: Edited[]): Grant[] => edited.map(({ reach, end, ...g }) => tidyGrant({ ...g, ...(end && { until: end.toISOString() }) }, reach));

/** Grants in a list; those that are over are said to be. */
export function GrantList({ grants }: { grants: Grant[] }) {
  const { t } = useTranslation("access");
  const { name } = useLang();
  const { data } = useQuery(rolesQuery);
  const now = Date.now();
  const where = (g: Grant): string => g.path || [g.region && t("in.region", { code: g.region }), g.sector && t("in.sector", { code: g.sector }), g.enterprise && t("in.firm", { id: g.enterprise })].filter(Boolean).join(" · ") || wholeOf(g);
  const wholeOf = (g: Grant): string => {
    const can = reachesOf(data?.find((r) => r.id === g.role));
    return can.includes("place") ? t(can.includes("area") ? "whole" : "whole.plant") : t("whole.firms");
  };
  if (grants.length === 0) return <span className="dim">{t("none")}</span>;
  return (
    <div className="stack" style={{ gap: 2 }}>
      {grants.map((g) => {
        const over = ended(g, now);
        return (
          <div key={JSON.stringify(g)} className={over ? "dim" : undefined} title={g.purpose}>
            {roleName(data, g.role, name)} · <span className={g.path ? "mono" : undefined}>{where(g)}</span>
            {g.via && <Tag>{t("via")}</Tag>}{g.until && <> {over ? <Tag>{t("ended", { at: dateTime(g.until) })}</Tag> : <span className="dim">{t("until", { at: dateTime(g.until) })}</span>}</>}
            {g.purpose && <span className="dim"> {g.purpose}</span>}
          </div>);
      })}
    </div>
  );
}

/** The grants as part of a form whose field "grants" holds Edited[]. */
export function GrantsField() {
  const { t } = useTranslation("access");
  return (
    <Form.List name="grants">
      {(fields, { add, remove }) => (
        <fieldset style={{ border: 0, margin: "0 0 16px", padding: 0 }}>
          <legend style={{ padding: "0 0 8px" }}>{t("grants")}</legend>
          {fields.map((f, i) => <OneGrant key={f.key} at={f.name} no={i + 1} remove={() => remove(f.name)} />)}
          <Button onClick={() => add({ role: "viewer", reach: "whole" } satisfies Edited)}>{t("add")}</Button>
        </fieldset>
      )}
    </Form.List>
  );
}

interface OneProps { at: number; no: number; remove?: (() => void) | undefined; head?: ReactNode; lasting?: boolean }

/** One of the form's grants; head stands before it, lasting leaves out when it ends and what it is for. */
export function OneGrant({ at, no, remove, head, lasting }: OneProps) {
  const { t } = useTranslation("access");
  const { name } = useLang();
  const { data: all } = useQuery(rolesQuery);
  const form = Form.useFormInstance();
  const g = Form.useWatch(["grants", at], form) as Edited | undefined;
  const can = reachesOf(all?.find((r) => r.id === g?.role));
  const required = [{ required: true, message: t("missing") }];
  return (
    <div className="panel" style={{ padding: "8px 12px", marginBottom: 8 }} role="group" aria-label={t("one", { no })}>
      {head}
      <div className="row" style={{ alignItems: "start", flexWrap: "wrap" }}>
        <Form.Item name={[at, "role"]} label={t("role")} rules={required} style={{ width: 180, marginBottom: 8 }}>
          <Select options={(all ?? []).map((r) => ({ value: r.id, label: name(r.name) }))} />
        </Form.Item>
        <Form.Item name={[at, "reach"]} label={t("reach")} style={{ marginBottom: 8 }}>
          <Segmented options={(["whole", "place", "area"] as const).map((value) => ({ value, label: t(`reach.${value}`), disabled: !can.includes(value) }))} />
        </Form.Item>
        {remove && <Button style={{ marginLeft: "auto" }} onClick={remove} aria-label={t("remove", { no })}>{t("take")}</Button>}
      </div>
      {g?.reach === "place" && <Form.Item name={[at, "path"]} label={t("path")} rules={required} style={{ marginBottom: 8 }}><PlacePicker /></Form.Item>}
      {g?.reach === "area" && (
        <div className="row" style={{ alignItems: "start" }}>
          <Form.Item name={[at, "region"]} label={t("region")} rules={[{ pattern: /^([0-9]{2}){1,3}$/, message: t("region.form") }]} style={{ marginBottom: 8 }}><Input placeholder="3306" maxLength={6} /></Form.Item>
          <Form.Item name={[at, "sector"]} label={t("sector")} rules={[{ pattern: /^[A-T]([0-9]{2,4})?$/, message: t("sector.form") }]} style={{ marginBottom: 8 }}><Input placeholder="C34" maxLength={5} /></Form.Item>
          <Form.Item name={[at, "enterprise"]} label={t("firm")} style={{ marginBottom: 8 }}><Input maxLength={60} /></Form.Item>
        </div>)}
      {!lasting && <div className="row" style={{ alignItems: "start" }}>
        {/* Enter takes the date; it does not send the form. */}
        <Form.Item name={[at, "end"]} label={t("end")} style={{ marginBottom: 0 }}><DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" placeholder={t("never")} onKeyDown={(e) => { if (e.key === "Enter") e.preventDefault(); }} /></Form.Item>
        <Form.Item name={[at, "purpose"]} label={t("purpose")} rules={g?.end ? required : []} style={{ flex: 1, marginBottom: 0 }}><Input maxLength={130} /></Form.Item>
      </div>}
    </div>
  );
}

function PlacePicker(props: { id?: string; value?: string; onChange?: (path: string) => void }) {
  const { name } = useLang();
  const { data } = useQuery(nodes);
  return <TreeSelect {...props} showSearch treeData={treeOf(data ?? [], name)} treeNodeFilterProp="title" treeLine treeDefaultExpandedKeys={[]} />;
}
