import { theme, type ThemeConfig } from "antd";

export type Mood = "light" | "dark";
const key = "zhigai.theme";

export function storedMood(): Mood {
  const own = localStorage.getItem(key);
  if (own === "dark" || own === "light") return own;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function applyMood(mood: Mood): void {
  localStorage.setItem(key, mood);
  document.documentElement.dataset.theme = mood;
}

export const font = '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif';

// Where motion is not wanted style.css has cut it, and the library must know:
// it would wait for the end of a transition that never begins.
const calm = "(prefers-reduced-motion: reduce)";

/** So that the pages of one who sees all fit a screen without scrolling. */
const menu = { itemHeight: 30, itemMarginBlock: 1, groupTitleFontSize: 12, groupTitleLineHeight: 1.2 };

/** Tokens checked for contrast; the library's own pale greys fail it. */
export function themeOf(mood: Mood): ThemeConfig {
  const shared = { borderRadius: 2, fontSize: 14, fontFamily: font, motionDurationMid: "0.1s", motionDurationSlow: "0.1s", motion: !matchMedia(calm).matches };
  if (mood === "dark") {
    return {
      algorithm: theme.darkAlgorithm,
      token: { ...shared, colorPrimary: "#6BA4D9", colorPrimaryBg: "#16324A", controlItemBgActive: "#1D3F5E", colorTextDescription: "#B8B8B8",
        colorTextTertiary: "#B8B8B8", colorTextPlaceholder: "#A0A0A0", colorTextLightSolid: "#0B1620", colorBgLayout: "#101214", colorLink: "#8CBDE8" },
      components: { Menu: { ...menu, itemSelectedColor: "#CFE4F7", itemSelectedBg: "#1D3F5E" }, Table: { rowSelectedBg: "#16324A", rowSelectedHoverBg: "#1D3F5E" } },
    };
  }
  return {
    algorithm: theme.defaultAlgorithm,
    token: { ...shared, colorPrimary: "#1F4E79", colorPrimaryBg: "#DCE6F0", controlItemBgActive: "#DCE6F0", colorTextDescription: "#595959",
      colorTextTertiary: "#595959", colorTextPlaceholder: "#6B6B6B", colorBgLayout: "#F0F1F3", colorLink: "#1F4E79", colorError: "#B3122A", colorInfo: "#1F4E79", colorInfoBg: "#DCE6F0", colorInfoBorder: "#A9C1D9", colorSuccess: "#2E6B34", colorSuccessBg: "#E3EFE4", colorSuccessBorder: "#A9CBAD",
      colorWarning: "#8A5A00", colorWarningBg: "#FFF4D6", colorWarningBorder: "#E3C27A" },
    components: { Menu: menu, Table: { rowSelectedBg: "#DCE6F0", rowSelectedHoverBg: "#DCE6F0" } },
  };
}
