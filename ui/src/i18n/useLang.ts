import { useTranslation } from "react-i18next";
import type { Name } from "../api/types";
import { type Lang, nameOf } from "../lib/format";

/** The page's language and a reader of two-language names. */
export function useLang(): { lang: Lang; name: (n: Name | undefined | null) => string } {
  const { i18n } = useTranslation();
  const lang: Lang = i18n.language === "en" ? "en" : "zh";
  return { lang, name: (n) => nameOf(n, lang) };
}
