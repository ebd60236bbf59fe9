// The kiosk's own few words: it must paint before any library could load.

import type { Look } from "../lib/states";

export type Lang = "zh" | "en";

export const words = {
  zh: {
    run: "运行", idle: "待机", setup: "换型", maint: "保养", alarm: "故障停机", off: "关机", unknown: "未知",
    board: "现场看板", broken: "实时连接断开，画面不再更新，正在重连…", why: "为什么停机？", running: "正在运行，没有停机", back: "返回看板", thanks: "已记录", failed: "没有记录成功：", signin: "登录", name: "用户名", password: "密码", loading: "正在读取…",
  },
  en: {
    run: "Running", idle: "Idle", setup: "Setup", maint: "Maintenance", alarm: "Down", off: "Off", unknown: "Unknown",
    board: "Floor board", broken: "Live connection lost; nothing here is renewed. Trying again…", why: "Why does it stand?", running: "It is running; nothing stands", back: "Back to the board", thanks: "Noted", failed: "Not noted: ", signin: "Sign in", name: "User name", password: "Password", loading: "Loading…",
  },
} satisfies Record<Lang, Record<Look | string, string>>;

export function lang(): Lang {
  return localStorage.getItem("zhigai.lang") === "en" ? "en" : "zh";
}
