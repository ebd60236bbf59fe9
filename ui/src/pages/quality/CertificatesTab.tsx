import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Input, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type CertificateHead, certificates, check } from "../../api/certificates";
import { address } from "../../api/client";
import { products } from "../../api/queries";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { CertificateDrawer } from "./CertificateDrawer";
import { CertificateForm } from "./CertificateForm";
import { useMay, useQualitySearch } from "./parts";

/** Certificates of conformity: found, issued, checked. */
export function CertificatesTab() {
  const { t } = useTranslation("certificates");
  const { name } = useLang();
  const [search, set] = useQualitySearch();
  const { plans } = useMay();
  const [adding, setAdding] = useState(false);
  const [checking, setChecking] = useState(false);
  const goods = useQuery(products).data ?? [];
  const query = { q: search.q, state: search.state, product: search.product, scope: search.scope };
  const list = useInfiniteQuery(certificates(query));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const narrowed = Object.values(query).some((v) => v !== undefined);
  return (
    <div className="stack">
      <div className="row">
        <Input.Search style={{ width: 250 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={t("find")} placeholder={t("find")} onSearch={(q) => set({ q: q || undefined })} />
        <Select allowClear style={{ width: 130 }} aria-label={t("state")} placeholder={t("state.all")} value={search.state} onChange={(state?: string) => set({ state })} options={(["issued", "withdrawn"] as const).map((s) => ({ value: s, label: t(`state.${s}`) }))} />
        <Select allowClear showSearch={{ optionFilterProp: "label" }} style={{ width: 170 }} aria-label={t("product")} placeholder={t("product")} value={search.product} onChange={(product?: string) => set({ product })} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} /><span className="fill" />
        <Button disabled={rows.length === 0} href={address("/quality/certificate-sheet", { ...query, format: "xlsx" })} download>{t("xlsx")}</Button>
        <Button onClick={() => setChecking(true)}>{t("check")}</Button>
        {plans && <Button type="primary" onClick={() => setAdding(true)}>{t("add")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<CertificateHead> size="small" rowKey="number" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t(narrowed ? "none.found" : "none")} /> }}
        columns={[
          { title: t("number"), key: "number", width: 150, sorter: (a, b) => a.number.localeCompare(b.number), render: (_, c) => <button type="button" className="figbtn mono" onClick={() => set({ certificate: c.number })}>{c.number}</button> },
          { title: t("revision"), dataIndex: "revision", width: 70, align: "right" },
          { title: t("state"), key: "state", width: 90, render: (_, c) => <span className="chip">{t(`state.${c.state}`)}</span> },
          { title: t("order"), key: "order", sorter: (a, b) => a.order.localeCompare(b.order), render: (_, c) => <>{c.order}{c.lot && <div className="dim">{c.lot}</div>}</> },
          { title: t("product"), dataIndex: "product", sorter: (a, b) => a.product.localeCompare(b.product) }, { title: t("customer"), key: "customer", render: (_, c) => c.customer ?? "—" },
          { title: t("quantity"), key: "quantity", width: 90, align: "right", sorter: (a, b) => a.quantity - b.quantity, render: (_, c) => <span className="num">{fixed(c.quantity, 0)}</span> },
          { title: t("issued"), key: "at", width: 160, render: (_, c) => <span className="num">{dateTime(c.at)}</span> }, { title: t("by"), dataIndex: "by", width: 110 },
        ]} />
      {list.hasNextPage && <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button>}
      {adding && <CertificateForm close={() => setAdding(false)} />}
      {checking && <CheckDrawer close={() => setChecking(false)} />}
      {search.certificate && <CertificateDrawer key={search.certificate} number={search.certificate} close={() => set({ certificate: undefined })} />}
    </div>
  );
}

/** Number and digest of what a QR code says. */
export function ofCode(text: string): { number: string; digest: string } | undefined {
  const found = /^ZGQC1\.([^.]+)\.\d+\.([0-9a-f]{64})$/.exec(text.trim());
  return found?.[1] && found[2] ? { number: found[1], digest: found[2] } : undefined;
}

/** Holds what stands on a paper against what was issued. */
function CheckDrawer({ close }: { close: () => void }) {
  const { t } = useTranslation("certificates");
  const [number, setNumber] = useState("");
  const [digest, setDigest] = useState("");
  const [asked, setAsked] = useState<{ number: string; digest: string }>();
  const [bad, setBad] = useState(false);
  const found = useQuery({ ...check(asked?.number ?? "", asked?.digest ?? ""), enabled: asked !== undefined });
  const go = (n: string, d: string) => {
    const plain = d.replaceAll(/\s/g, "").toLowerCase();
    const fits = n.trim() !== "" && /^[0-9a-f]{12,64}$/.test(plain);
    setBad(!fits);
    setAsked(fits ? { number: n.trim(), digest: plain } : undefined);
  };
  const scanned = (text: string) => {
    const code = ofCode(text);
    if (!code) return;
    setNumber(code.number);
    setDigest(code.digest);
    go(code.number, code.digest);
  };
  const c = found.data;
  return (
    <Drawer open onClose={close} size={480} title={t("check.title")}>
      <form className="stack" onSubmit={(e) => { e.preventDefault(); go(number, digest); }}>
        <label className="stack" style={{ gap: 4 }}>{t("check.scan")}<Input autoFocus onChange={(e) => scanned(e.target.value)} /></label>
        <label className="stack" style={{ gap: 4 }}>{t("number")}<Input value={number} maxLength={40} onChange={(e) => setNumber(e.target.value)} /></label>
        <label className="stack" style={{ gap: 4 }}>{t("check.digest")}<Input.TextArea autoSize value={digest} maxLength={80} onChange={(e) => setDigest(e.target.value)} /></label>
        <Button type="primary" htmlType="submit" loading={found.isFetching}>{t("check.do")}</Button>
        {bad && <Alert type="warning" showIcon title={t("check.bad")} />}
        {found.isError && <Problem error={found.error} retry={() => void found.refetch()} />}
        {asked && c && <Alert showIcon type={c.verdict === "valid" ? "success" : "error"} title={t(`verdict.${c.verdict}`, { revision: c.revision ?? 0, current: c.current ?? "—", at: dateTime(c.at ?? 0) })} description={c.ended && t("ended", { by: c.ended.by, at: dateTime(c.ended.at), reason: c.ended.reason })} />}
      </form>
    </Drawer>
  );
}
