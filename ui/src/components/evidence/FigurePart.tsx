import { useTranslation } from "react-i18next";
import type { Definition, Figure } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { figureText, percent, termText } from "../../lib/format";
import { dateTime, zoneLabel } from "../../lib/time";
import { Badges, useReason } from "../Figures";

export function FigurePart({ figure }: { figure: Figure }) {
  const { t } = useTranslation("figures");
  const { lang, name } = useLang();
  const reason = useReason();
  const value = figure.value === null ? reason(figure.reason) : figureText(figure.value, figure.unit, figure.definition.digits, lang);
  const { window: w, scope } = figure;
  return (
    <section className="panel" aria-label={t("value")}>
      <div className="row" style={{ marginBottom: 8 }}>
        <strong>{name(figure.definition.name)}</strong>
        <span className="num" style={{ fontSize: figure.value === null ? 16 : 24 }} data-testid="evidence-value">{value}</span>
        <Badges figure={figure} />
      </div>
      <dl className="kv">
        <dt>{t("scope")}</dt>
        <dd>{name(scope.name)} <span className="mono dim">{scope.path}</span>{scope.product && ` · ${scope.product}`}{scope.shift && ` · ${scope.shift}`}</dd>
        <dt>{t("window")}</dt>
        <dd>{t(`common:window.${w.kind}` as "common:window.day")} {w.shift} {dateTime(w.from)} – {dateTime(w.to)} <span className="dim">{zoneLabel}</span></dd>
        <dt>{t("coverage")}</dt>
        <dd>{figure.coverage === null ? t("coverage.none") : percent(figure.coverage)}</dd>
        <dt>{t("revision")}</dt>
        <dd>{figure.revision === 0 ? t("revision.open") : figure.revision} · {t("as_of")} {dateTime(figure.as_of)}</dd>
        <dt>{t("terms")}</dt>
        <dd className="row">{Object.entries(figure.terms).map(([k, v]) => <span key={k}><span className="mono">{k}</span> = {termText(k, v, lang)} <span className="dim num">({v})</span></span>)}</dd>
        {figure.flags.length > 0 && <><dt>{t("flags")}</dt><dd>{figure.flags.map((f) => <div key={f}>{t(`flag.${f}` as "flag.open", f)}</div>)}</dd></>}
      </dl>
    </section>
  );
}

export function DefinitionPart({ definition: d }: { definition: Definition }) {
  const { t } = useTranslation("figures");
  const { name, lang } = useLang();
  return (
    <section className="panel" aria-label={t("definition")}>
      <h2>{t("definition")}：{name(d.name)} <span className="dim">{lang === "zh" ? d.name.en : d.name.zh} · {t("definition.version", { version: d.version })}</span></h2>
      <p style={{ margin: "0 0 8px" }}>{name(d.description)}</p>
      <dl className="kv">
        <dt>{t("formula")}</dt><dd className="mono">{d.formula}</dd>
        <dt>{t("source")}</dt><dd>{d.source}</dd>
        <dt>{t("verified")}</dt><dd>{t(`verified.${d.verified}` as "verified.read", d.verified)}</dd>
      </dl>
    </section>
  );
}
