import { Alert } from "antd";
import { useTranslation } from "react-i18next";
import type { NodeLinks, Party } from "../../api/types";
import { percent } from "../../lib/format";
import { troubles, type Trouble } from "./links";

const machine = (p: Party) => `${p.host} (${p.address})`;

/** Why a node was refused, in words; what is not known is shown as it came. */
export function useRefusal() {
  const { t, i18n } = useTranslation("system");
  return (code: string) => (i18n.exists(`system:l.r.${code}`) ? t(`l.r.${code as "clone"}`) : code);
}

/** What is wrong between nodes and what to do about it, above everything else. */
export function LinkTroubles({ links }: { links: NodeLinks }) {
  const { t } = useTranslation("system");
  const refusal = useRefusal();
  const text = (x: Trouble) => {
    const name = x.node ?? t("l.self");
    switch (x.kind) {
      case "clone": return t("l.t.clone", { name, holder: machine(x.conflict.holder), refused: machine(x.conflict.refused) });
      case "refused": return x.node === undefined ? t("l.t.refused", { why: refusal(x.why) }) : t("l.t.node", { name, why: refusal(x.why) });
      case "gap": return t("l.t.gap", { name, n: x.items.toLocaleString() });
      default: return t(`l.t.${x.kind}`, { name, used: percent(x.used) });
    }
  };
  return troubles(links).map((x) => (
    <Alert key={`${x.node ?? ""} ${x.kind}`} type={x.kind === "alarm" || x.kind === "gap" ? "warning" : "error"} showIcon message={text(x)} />
  ));
}
