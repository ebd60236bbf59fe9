import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Empty, Input, Progress, Select, Table, Tag } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { candidates, drivers, searches } from "../../api/queries";
import type { Candidate, Search } from "../../api/types";
import { AdoptDrawer } from "./AdoptDrawer";
import { becomes, byHand, waits } from "./discovery";

/** Devices on the wire that nobody has connected: search, look, adopt. */
export function Discovery() {
  const { t } = useTranslation("discovery");
  return (
    <div className="stack">
      <SearchForm />
      <Searches />
      <h2 style={{ fontSize: 15, margin: 0 }}>{t("found")}</h2>
      <Candidates />
    </div>
  );
}

function SearchForm() {
  const { t } = useTranslation("discovery");
  const { message } = App.useApp();
  const client = useQueryClient();
  const known = useQuery(drivers);
  const [driver, setDriver] = useState<string>();
  const [where, setWhere] = useState("");
  const kinds = (known.data ?? []).filter((d) => d.discovers && !d.listens);
  const chosen = driver ?? kinds[0]?.kind ?? "";
  const [manual, setManual] = useState<Candidate>();
  const start = useMutation({
    mutationFn: () => api.post<Search>("/searches", { driver: chosen, where }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["searches"] }),
    onError: (err) => { message.error(err.message); },
  });
  return (
    <>
    <form className="row" onSubmit={(e) => { e.preventDefault(); start.mutate(); }}>
      <Select aria-label={t("driver")} style={{ width: 160 }} value={chosen} onChange={setDriver} options={kinds.map((d) => ({ value: d.kind, label: d.kind }))} />
      <Input aria-label={t("where")} style={{ width: 340 }} value={where} placeholder={kinds.find((d) => d.kind === chosen)?.example.search ?? t("where")} onChange={(e) => setWhere(e.target.value)} />
      <Button type="primary" htmlType="submit" loading={start.isPending} disabled={!where.trim()}>{t("start")}</Button>
      <Button disabled={!where.trim()} onClick={() => setManual(byHand(chosen, where, t("manual.title")))}>{t("manual")}</Button>
      <span className="dim">{t("listens", { kinds: (known.data ?? []).filter((d) => d.listens).map((d) => d.kind).join(", ") })}</span>
    </form>
    {manual && <AdoptDrawer candidate={manual} close={() => setManual(undefined)} />}
    </>
  );
}

function Searches() {
  const { t } = useTranslation("discovery");
  const client = useQueryClient();
  const { data } = useQuery(searches);
  const cancel = useMutation({ mutationFn: (s: Search) => api.del(`/searches/${s.id}`), onSettled: () => client.invalidateQueries({ queryKey: ["searches"] }) });
  const shown = (data ?? []).filter((s, i) => s.state === "running" || i < 3);
  return (
    <>
      {shown.map((s) => (
        <div key={s.id} className="row" role="status">
          <span className="mono">{s.driver} {s.where}</span>
          {s.state === "running" && s.total > 0 && <Progress style={{ width: 200 }} percent={Math.round((100 * s.done) / s.total)} aria-label={t("progress")} />}
          <span>{t(`state.${s.state}`)} · {t("count", { n: s.found })}</span>
          {s.error && <span className="dim">{s.error}</span>}
          {s.state === "running" && <Button size="small" onClick={() => cancel.mutate(s)}>{t("common:cancel")}</Button>}
        </div>
      ))}
    </>
  );
}

function Candidates() {
  const { t } = useTranslation("discovery");
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, error, isPending } = useQuery(candidates);
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState<Candidate>();
  const forget = useMutation({
    mutationFn: (c: Candidate) => api.post("/candidates/forget", c.device),
    onSuccess: () => client.invalidateQueries({ queryKey: ["candidates"] }), onError: (err) => { message.error(err.message); },
  });
  const rows = useMemo(() => {
    const q = text.toLowerCase();
    return (data ?? []).filter((c) => (all || waits(c)) && JSON.stringify([c.title, c.device, c.identity, c.profile, c.path, c.text]).toLowerCase().includes(q));
  }, [data, text, all]);
  if (error) return <Alert type="error" showIcon message={error.message} />;
  return (
    <>
      <div className="row">
        <Input.Search allowClear style={{ width: 280 }} placeholder={t("common:search")} aria-label={t("common:search")} onChange={(e) => setText(e.target.value)} />
        <Checkbox checked={all} onChange={(e) => setAll(e.target.checked)}>{t("all")}</Checkbox>
        <span className="dim" role="status">{t("waiting", { n: (data ?? []).filter((c) => waits(c) && !c.hint).length })}</span>
      </div>
      <Table<Candidate> size="small" rowKey={(c) => JSON.stringify(c.device)} loading={isPending} dataSource={rows} pagination={{ pageSize: 25, hideOnSinglePage: true }} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty description={t("none")} /> }}
        columns={[
          { title: t("col.device"), key: "device", sorter: (a, b) => a.device.address.localeCompare(b.device.address),
            render: (_, c) => <>{c.model && <Tag>{t(`model.${c.model}`, c.model)}</Tag>}{c.title} {c.announced && <Tag>{t("announced")}</Tag>}<div className="dim mono">{c.device.driver} {c.device.address} {Object.entries(c.device.params ?? {}).map(([k, v]) => `${k}=${v}`).join(" ")}</div></> },
          { title: t("col.standing"), key: "standing", sorter: (a, b) => a.standing.localeCompare(b.standing),
            render: (_, c) => <><Tag color={c.standing === "new" ? "processing" : c.standing === "known" ? undefined : "warning"}>{t(`standing.${c.standing}`)}</Tag>{c.path && <div className="dim mono">{c.path}</div>}</> },
          { title: t("col.identity"), key: "identity", render: (_, c) => <>{[c.identity?.vendor, c.identity?.product, c.identity?.version].filter(Boolean).join(" ")}{c.identity?.serial && <div className="mono">{t("serial", { serial: c.identity.serial })}</div>}{c.text && <div className="dim mono" style={{ overflowWrap: "anywhere" }}>{c.text.join(" ")}</div>}</> },
          { title: t("col.profile"), key: "profile", render: (_, c) => <>{c.hint ? <span className="dim">{t("hint")}</span> : c.proposed.equipment?.profile || (c.standing !== "known" && <span className="dim">{t("unknown")}</span>)}{c.error && <div className="dim">{c.error}</div>}</> },
          { title: t("col.place"), key: "place", render: (_, c) => <span className="mono">{becomes(c) ? c.proposed.path : ""}</span> },
          { title: "", key: "do", align: "right", render: (_, c) => (
            <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
              {c.standing !== "known" && !c.hint && <Button type="primary" size="small" onClick={() => setOpen(c)}>{t(`do.${c.standing}`)}</Button>}
              <Button size="small" onClick={() => forget.mutate(c)}>{t("forget")}</Button>
            </span>
          ) },
        ]} />
      {open && <AdoptDrawer candidate={open} close={() => setOpen(undefined)} />}
    </>
  );
}
