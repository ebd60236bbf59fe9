import { useQuery } from "@tanstack/react-query";
import { Breadcrumb, Drawer } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { evidence } from "../../api/queries";
import type { Figure } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { figureText } from "../../lib/format";
import { iso, ms, shortTime } from "../../lib/time";
import { useReason } from "../Figures";
import { Nothing, Waiting } from "../Status";
import { Children } from "./Children";
import { DefinitionPart, FigurePart } from "./FigurePart";
import { FactsPart } from "./FactsPart";

interface Props { figure: Figure | null; error?: unknown; loading?: boolean; close: () => void }

/** What a figure was made of, step by step down to the facts. */
export default function EvidenceDrawer({ figure, error, loading = false, close }: Props) {
  const { t } = useTranslation("figures");
  const [path, setPath] = useState<Figure[]>([]);
  useEffect(() => setPath(figure ? [figure] : []), [figure]);
  const at = path.at(-1);
  return (
    <Drawer open onClose={close} size={Math.min(960, innerWidth * 0.94)} title={t("title")} destroyOnHidden>
      {(error || loading) ? <Waiting query={{ error, isPending: loading }} /> : !figure ? <Nothing text={t("gone")} /> : null}
      {at && (
        <div className="stack">
          <Trail path={path} go={(n) => setPath(path.slice(0, n + 1))} />
          <FigurePart figure={at} />
          <Below figure={at} drill={(f) => setPath([...path, f])} />
        </div>
      )}
    </Drawer>
  );
}

function Trail({ path, go }: { path: Figure[]; go: (n: number) => void }) {
  const { t } = useTranslation("figures");
  const { lang, name } = useLang();
  const reason = useReason();
  const items = path.map((f, n) => {
    const v = f.value === null ? reason(f.reason) : figureText(f.value, f.unit, f.definition.digits, lang);
    const label = `${name(f.scope.name) || f.scope.path} ${t(`common:window.${f.window.kind}` as "common:window.day")} ${shortTime(f.window.from)} · ${v}`;
    return { title: n === path.length - 1 ? label : <button type="button" className="figbtn" onClick={() => go(n)}>{label}</button> };
  });
  return <nav aria-label={t("path")}><Breadcrumb items={items} /></nav>;
}

/**
 * Facts are asked for by an instant of their window. The last one that was
 * folded serves machines too that were added while the window ran.
 */
function linkOf(figure: Figure): string {
  const { kind, from, to } = figure.window;
  if (kind !== "base") return figure.evidence;
  const url = new URL(figure.evidence, location.origin);
  url.searchParams.set("from", iso(Math.max(ms(from), Math.min(ms(to), ms(figure.as_of)) - 1)));
  return url.pathname + url.search;
}

function Below({ figure, drill }: { figure: Figure; drill: (f: Figure) => void }) {
  const query = useQuery(evidence(linkOf(figure)));
  if (!query.data) return <Waiting query={query} />;
  const { definition, children, facts } = query.data;
  return (
    <>
      <DefinitionPart definition={definition} />
      {children.length > 0 && <Children items={children} drill={drill} />}
      {facts && <FactsPart facts={facts} />}
    </>
  );
}
