import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Vendors in few chunks that change rarely; charts apart, since many pages need none.
// What the kiosk shares with the pages stands first, so that no vendor's chunk takes it in.
const groups = [
  { name: "base", test: /rolldown[\\/]runtime|commonjsHelpers|ui[\\/]src[\\/](lib|live|api[\\/]client)/, priority: 40 },
  { name: "react", test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/, priority: 30 },
  { name: "echarts", test: /node_modules[\\/](echarts|zrender)[\\/]/, priority: 20 },
  { name: "uplot", test: /node_modules[\\/]uplot[\\/]/, priority: 20 },
  { name: "antd", test: /node_modules[\\/](antd|@ant-design|rc-[a-z-]+|@rc-component)[\\/]/, priority: 10 },
];

export default defineConfig({
  plugins: [react()],
  build: {
    target: ["chrome100", "firefox100", "safari15"],
    sourcemap: false,
    // Small images stay files: the content policy forbids inline scripts and we want none inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: { index: "index.html", kiosk: "kiosk.html" },
      output: { codeSplitting: { groups } },
    },
  },
  worker: { format: "es" },
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:8680", changeOrigin: false } },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
