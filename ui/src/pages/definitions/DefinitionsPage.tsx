import { useQuery } from "@tanstack/react-query";
import { Alert, Input, Table } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { definitions } from "../../api/queries";
import type { Definition } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";

/** What every figure is, by which formula and from which source. */
export default function DefinitionsPage() {
  const { t } = useTranslation("definitions");
  const { lang, name } = useLang();
  const { data, error, isPending } = useQuery(definitions);
  const [text, setText] = useState("");
  const rows = useMemo(() => {
    const q = text.toLowerCase();
    return (data ?? []).filter((d) => `${d.id} ${d.name.zh} ${d.name.en}`.toLowerCase().includes(q));
  }, [data, text]);
  return (
    <>
      <div className="pagehead">
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        <Input.Search allowClear style={{ width: 240 }} placeholder={t("common:search")} aria-label={t("common:search")} onChange={(e) => setText(e.target.value)} />
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <Table<Definition> size="small" rowKey="id" loading={isPending} dataSource={rows} pagination={false} scroll={{ x: 900 }}
        expandable={{ expandedRowRender: (d) => <Detail d={d} /> }}
        columns={[
          { title: t("name"), key: "name", render: (_, d) => <><b>{name(d.name)}</b> <span className="dim mono">{d.id}</span></> },
          { title: t("formula"), dataIndex: "formula", render: (v: string) => <span className="mono">{v}</span> },
          { title: t("unit"), key: "unit", render: (_, d) => unitText(d.unit, lang) || "1" },
          { title: t("source"), dataIndex: "source" },
          { title: t("verified"), key: "verified", render: (_, d) => <span className="chip">{t(`verified.${d.verified as "read"}`)}</span> },
        ]} />
    </>
  );
}

function Detail({ d }: { d: Definition }) {
  const { t } = useTranslation("definitions");
  const { name } = useLang();
  return (
    <dl className="kv">
      <dt>{t("version", { n: d.version })}</dt><dd>{name(d.description)}</dd>
      <dt>{t("terms")}</dt><dd className="mono">{d.terms.join(", ")}</dd>
      <dt>{t("undefined")}</dt><dd>{(d.undefined ?? []).map((u) => <div key={u.name} className="mono">{u.when} → {u.name}</div>)}</dd>
    </dl>
  );
}
