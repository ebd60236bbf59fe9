import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Lang } from "../lib/format";

type Texts = Record<string, string>;
const files = import.meta.glob<{ zh: Texts; en: Texts }>("./texts/*.ts", { eager: true });

const resources: Record<Lang, Record<string, Texts>> = { zh: {}, en: {} };
for (const [file, texts] of Object.entries(files)) {
  const namespace = file.slice(file.lastIndexOf("/") + 1, -3);
  resources.zh[namespace] = texts.zh;
  resources.en[namespace] = texts.en;
}

const key = "zhigai.lang";

export function storedLang(): Lang {
  const own = localStorage.getItem(key);
  return own === "en" ? "en" : "zh";
}

export function setLang(lang: Lang): void {
  localStorage.setItem(key, lang);
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  void i18next.changeLanguage(lang);
}

export async function startTexts(): Promise<void> {
  const lng = storedLang();
  document.documentElement.lang = lng === "zh" ? "zh-CN" : "en";
  await i18next.use(initReactI18next).init({
    lng, fallbackLng: false, resources, defaultNS: "common", keySeparator: false, nsSeparator: ":", interpolation: { escapeValue: false },
  });
}
