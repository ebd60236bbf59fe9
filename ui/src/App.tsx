import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { App as Antd, ConfigProvider } from "antd";
import enUS from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { useEffect, useMemo, useState } from "react";
import { ApiError } from "./api/client";
import { MoodContext } from "./components/mood";
import { useLang } from "./i18n/useLang";
import { router } from "./routes";
import { applyMood, type Mood, storedMood, themeOf } from "./theme";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      refetchOnWindowFocus: false,
      // Only what may pass by itself is asked again.
      retry: (n, err) => n < 2 && err instanceof ApiError && (err.code === "offline" || (err.code === "unavailable" && !err.waited)),
    },
  },
});

export function App() {
  const { lang } = useLang();
  const [mood, setMood] = useState<Mood>(storedMood);
  useEffect(() => applyMood(mood), [mood]);
  const moods = useMemo(() => ({ mood, setMood }), [mood]);
  const theme = useMemo(() => themeOf(mood), [mood]);
  return (
    <MoodContext value={moods}>
      <ConfigProvider theme={theme} locale={lang === "zh" ? zhCN : enUS} button={{ autoInsertSpace: false }}>
        <Antd style={{ height: "100%" }}>
          <QueryClientProvider client={client}>
            <RouterProvider router={router} context={{ client }} />
          </QueryClientProvider>
        </Antd>
      </ConfigProvider>
    </MoodContext>
  );
}
