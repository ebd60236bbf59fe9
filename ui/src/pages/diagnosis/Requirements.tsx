import { useNavigate, useSearch } from "@tanstack/react-router";
import { Checkbox, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { EditionNode, Grade, Requirement } from "../../api/diagnosis";
import { useLang } from "../../i18n/useLang";
import type { DiagnosisSearch } from "../../routes";
import { RequirementDetail } from "./RequirementDetail";
import type { PartProps } from "./Workspace";

interface Row { node: EditionNode; depth: number; asked: Requirement[]; cut: boolean }

function rowsOf(nodes: EditionNode[], cut: readonly string[], depth = 0, above = false): Row[] {
  return nodes.flatMap((n) => {
    const gone = above || cut.includes(n.id);
    return [{ node: n, depth, asked: n.requirements, cut: gone }, ...rowsOf(n.parts, cut, depth + 1, gone)];
  });
}

export const marks: Record<Grade, string> = { "": "○", none: "✕", part: "◔", most: "◕", full: "●" };

/** What is asked, domain by domain, and the one that is looked at. */
export function Requirements({ d, e, may }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const navigate = useNavigate();
  const search: DiagnosisSearch = useSearch({ strict: false });
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const grade = (id: string): { grade: Grade; machine: boolean } => {
    const own = d.answers[id]?.grade ?? "";
    return own ? { grade: own, machine: false } : { grade: d.evidence[id]?.grade ?? "", machine: true };
  };
  const q = text.trim().toLowerCase();
  const wanted = (r: Requirement) => (!open || (grade(r.id).grade === "" && r.level <= d.plan.target)) && (!q || `${r.id} ${r.text.zh} ${r.text.en}`.toLowerCase().includes(q));
  const rows = rowsOf(e.elements, d.plan.cut);
  const shown = rows.filter((r) => !r.cut).flatMap((r) => r.asked.filter(wanted));
  const chosen = shown.find((r) => r.id === search.r) ?? shown[0];
  const choose = (id: string) => {
    void navigate({ to: "/diagnoses", search: { ...search, r: id }, replace: true });
    requestAnimationFrame(() => document.getElementById(`r-${id}`)?.focus());
  };
  const keys = (event: React.KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const to = step !== 0 && chosen ? shown[shown.indexOf(chosen) + step] : undefined;
    if (!to) return;
    event.preventDefault();
    choose(to.id);
  };
  return (
    <div style={{ display: "grid", gridTemplateColumns: "minmax(280px, 2fr) minmax(320px, 3fr)", gap: 12, alignItems: "start" }}>
      <section className="panel" aria-label={t("asked")}>
        <div className="row" style={{ marginBottom: 8 }}>
          <Input allowClear style={{ flex: 1, minWidth: 140 }} value={text} placeholder={t("find")} aria-label={t("find")} onChange={(x) => setText(x.target.value)} />
          <Checkbox checked={open} onChange={(x) => setOpen(x.target.checked)}>{t("onlyOpen", { n: d.outcome.missing.length })}</Checkbox>
        </div>
        <div onKeyDown={keys} role="listbox" tabIndex={-1} aria-label={t("asked")} style={{ maxHeight: "62vh", overflow: "auto" }}>
          {rows.map(({ node, depth, asked, cut }) => {
            const list = cut ? [] : asked.filter(wanted);
            if ((q || open) && list.length === 0) return null;
            return (
              <div key={node.id} role="group" aria-label={name(node.name)}>
                <div role="presentation" style={{ padding: `4px 4px 2px ${4 + depth * 12}px`, fontWeight: depth < 2 ? 600 : 500 }}>
                  {name(node.name)} {cut && <span className="chip">{t("cut")}</span>}
                </div>
                {list.map((r) => {
                  const g = grade(r.id);
                  return (
                    <div key={r.id} id={`r-${r.id}`} role="option" aria-selected={r === chosen} tabIndex={r === chosen ? 0 : -1} onClick={() => choose(r.id)}
                      style={{ display: "flex", gap: 8, padding: `3px 4px 3px ${16 + depth * 12}px`, cursor: "pointer", background: r === chosen ? "var(--panel2)" : undefined, borderLeft: `3px solid ${r === chosen ? "var(--sel)" : "transparent"}` }}>
                      <span title={t(`grade.${g.grade || "open"}` as "grade.full")} aria-label={t(`grade.${g.grade || "open"}` as "grade.full")} role="img">{marks[g.grade]}</span>
                      <span className="dim" style={{ whiteSpace: "nowrap" }}>L{r.level}</span>
                      <span style={{ flex: 1 }}>{name(r.text)}</span>
                      {g.grade && g.machine && <span className="chip">{t("machine")}</span>}
                    </div>
                  );
                })}
              </div>
            );
          })}
          {shown.length === 0 && <p className="dim">{t(open ? "allAnswered" : "noneFound")}</p>}
        </div>
      </section>
      {chosen && <RequirementDetail key={chosen.id} d={d} r={chosen} may={may} next={() => { const to = shown[shown.indexOf(chosen) + 1]; if (to) choose(to.id); }} />}
    </div>
  );
}
