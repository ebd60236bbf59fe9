import { useSay } from "../i18n/useSay";

/** A reason as the node wrote it down, in the page's language. */
export function Said({ text }: { text: string | undefined }) {
  return <>{useSay()(text ?? "")}</>;
}
