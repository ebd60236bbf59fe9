import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { Button, Layout as Frame, Menu } from "antd";
import { AimOutlined, AlertOutlined, ApartmentOutlined, ApiOutlined, AppstoreOutlined, AuditOutlined, BankOutlined, BellOutlined, BookOutlined, BoxPlotOutlined, BranchesOutlined, CodeOutlined, ControlOutlined, DashboardOutlined, DesktopOutlined, ExperimentOutlined, EyeOutlined, FileDoneOutlined, FileSearchOutlined, FileTextOutlined, ForkOutlined, FundOutlined, HeartOutlined, HourglassOutlined, IdcardOutlined, InboxOutlined, LineChartOutlined, NodeExpandOutlined, NodeIndexOutlined, PartitionOutlined, PauseCircleOutlined, PieChartOutlined, ProfileOutlined, SafetyCertificateOutlined, ScheduleOutlined, SendOutlined, ShopOutlined, SlidersOutlined, SwapOutlined, TeamOutlined, ThunderboltOutlined, ToolOutlined, TrophyOutlined } from "@ant-design/icons";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { session } from "../api/queries";
import type { Me } from "../api/types";
import { setLang } from "../i18n";
import { useLang } from "../i18n/useLang";
import { zoneLabel } from "../lib/time";
import { EvidenceProvider } from "./Figures";
import { LineBanner } from "./LineBanner";
import { PressureBanner } from "./PressureBanner";
import { useMood } from "./mood";

const entries = [
  { to: "/", of: "shop", key: "nav.overview", icon: <AppstoreOutlined />, needs: "read" },
  { to: "/alarms", of: "shop", key: "nav.alarms", icon: <AlertOutlined />, needs: "read" },
  { to: "/maintenance", of: "shop", key: "nav.maintenance", icon: <ToolOutlined />, needs: "read" },
  { to: "/health", of: "shop", key: "nav.health", icon: <HeartOutlined />, needs: "read" },
  { to: "/stops", of: "shop", key: "nav.stops", icon: <PauseCircleOutlined />, needs: "read" },
  { to: "/oee", of: "shop", key: "nav.oee", icon: <PieChartOutlined />, needs: "read" },
  { to: "/trend", of: "shop", key: "nav.trend", icon: <LineChartOutlined />, needs: "read" },
  { to: "/material", of: "shop", key: "nav.material", icon: <InboxOutlined />, needs: "read" },
  { to: "/quality", of: "shop", key: "nav.quality", icon: <SafetyCertificateOutlined />, needs: "read" },
  { to: "/process", of: "shop", key: "nav.process", icon: <ExperimentOutlined />, needs: "read" },
  { to: "/control", of: "shop", key: "nav.room", icon: <DesktopOutlined />, needs: "read" },
  { to: "/control/commands", of: "shop", key: "nav.commands", icon: <SendOutlined />, needs: "read" },
  { to: "/control/loops", of: "shop", key: "nav.loops", icon: <SlidersOutlined />, needs: "read" },
  { to: "/control/handshakes", of: "shop", key: "nav.handshakes", icon: <NodeExpandOutlined />, needs: "read" },
  { to: "/control/rules", of: "shop", key: "nav.rules", icon: <BranchesOutlined />, needs: "read" },
  { to: "/components", of: "shop", key: "nav.components", icon: <CodeOutlined />, needs: "read" },
  { to: "/energy", of: "shop", key: "nav.energy", icon: <ThunderboltOutlined />, needs: "read" },
  { to: "/devices", of: "shop", key: "nav.devices", icon: <ApiOutlined />, needs: "read" },
  { to: "/plant", of: "shop", key: "nav.plant", icon: <ApartmentOutlined />, needs: "read" },
  { to: "/definitions", of: "shop", key: "nav.definitions", icon: <BookOutlined />, needs: "read" },
  { to: "/production/orders", of: "production", key: "nav.orders", icon: <FileTextOutlined />, needs: "read" },
  { to: "/production/calls", of: "production", key: "nav.calls", icon: <BellOutlined />, needs: "read" },
  { to: "/planning", of: "production", key: "nav.planning", icon: <ScheduleOutlined />, needs: "read" },
  { to: "/line", of: "production", key: "nav.line", icon: <ForkOutlined />, needs: "read" },
  { to: "/production/definitions", of: "production", key: "nav.routings", icon: <NodeIndexOutlined />, needs: "read" },
  { to: "/production/performance", of: "production", key: "nav.performance", icon: <FundOutlined />, needs: "read" },
  { to: "/production/hours", of: "production", key: "nav.hours", icon: <HourglassOutlined />, needs: "plan" },
  { to: "/production/people", of: "production", key: "nav.people", icon: <IdcardOutlined />, needs: "plan" },
  { to: "/exchange", of: "factory", key: "nav.exchange", icon: <SwapOutlined />, needs: "exchange" },
  { to: "/cockpit", of: "programme", key: "nav.cockpit", icon: <DashboardOutlined />, needs: "firms" },
  { to: "/targets", of: "programme", key: "nav.targets", icon: <AimOutlined />, needs: "firms" },
  { to: "/tasks", of: "programme", key: "nav.tasks", icon: <PartitionOutlined />, needs: "firms" },
  { to: "/ledgers", of: "programme", key: "nav.ledgers", icon: <ProfileOutlined />, needs: "firms" },
  { to: "/firms", of: "programme", key: "nav.firms", icon: <BankOutlined />, needs: "firms" },
  { to: "/diagnoses", of: "programme", key: "nav.diagnoses", icon: <AuditOutlined />, needs: "firms" },
  { to: "/experts", of: "programme", key: "nav.experts", icon: <TeamOutlined />, needs: "firms" },
  { to: "/reports", of: "programme", key: "nav.reports", icon: <FileDoneOutlined />, needs: "firms" },
  { to: "/evaluations", of: "programme", key: "nav.evaluations", icon: <TrophyOutlined />, needs: "firms" },
  { to: "/benchmarks", of: "programme", key: "nav.benchmarks", icon: <BoxPlotOutlined />, needs: "firms" },
  { to: "/suspicions", of: "programme", key: "nav.suspicions", icon: <FileSearchOutlined />, needs: "firms" },
  { to: "/tenants", of: "node", key: "nav.tenants", icon: <ShopOutlined />, needs: "tenants" },
  { to: "/requests", of: "node", key: "nav.requests", icon: <EyeOutlined />, needs: "audit" },
  { to: "/system", of: "node", key: "nav.system", icon: <ControlOutlined />, needs: ["read", "administer", "audit"] },
] as const;

const groups = ["shop", "production", "factory", "programme", "node"] as const;

/** Pages that the person has no permission for are not in the menu. */
const visible = (e: (typeof entries)[number], me: Me | undefined): boolean => [e.needs].flat().some((p) => me?.permissions.includes(p));

export function Layout() {
  const { t } = useTranslation();
  const [narrow, setNarrow] = useState(() => innerWidth < 1200);
  const { pathname } = useLocation();
  const { data: me } = useQuery(session);
  const mine = entries.filter((e) => visible(e, me));
  const item = (e: (typeof entries)[number]) => ({ key: e.to, icon: e.icon, label: <Link to={e.to} aria-label={t(e.key)}>{t(e.key)}</Link> });
  const held = groups.filter((g) => mine.some((e) => e.of === g));
  const items = narrow || held.length < 2 ? mine.map(item)
    : held.map((g) => ({ key: g, type: "group" as const, label: t(`nav.of.${g}`), children: mine.filter((e) => e.of === g).map(item) }));
  // The longest: the control room's address is how those of its pages begin.
  const here = entries.reduce((best: string, e) => (e.to.length > best.length && pathname.startsWith(e.to) ? e.to : best), "/");
  // A role asks for a second factor: nothing else is answered before.
  if (me?.must_enrol && pathname !== "/account") return <Navigate to="/account" replace />;
  // Who sees no plant begins where there is something to see.
  if (me && pathname === "/" && mine[0] && mine[0].to !== "/") return <Navigate to={mine[0].to} replace />;
  return (
    <EvidenceProvider>
      <a className="skip" href="#main">{t("skip")}</a>
      <Frame style={{ minHeight: "100%" }}>
        <Frame.Sider theme="light" width={176} collapsedWidth={56} collapsible collapsed={narrow} onCollapse={setNarrow} breakpoint="lg" className="noprint"
          style={{ borderRight: "1px solid var(--line)", position: "sticky", top: 0, height: "100vh" }}>
          <div style={{ padding: "12px 16px", fontWeight: 700, fontSize: 16, color: "var(--accent)", whiteSpace: "nowrap", overflow: "hidden" }}>{narrow ? t("app").slice(0, 2) : t("app.long")}</div>
          <nav aria-label={t("nav.menu")} className="mainmenu">
            <Menu mode="inline" theme="light" selectedKeys={[here]} inlineCollapsed={narrow} style={{ borderInlineEnd: 0 }} items={items} />
          </nav>
        </Frame.Sider>
        <Frame>
          <TopBar />
          {me?.permissions.includes("read") && <LineBanner />}
          <PressureBanner />
          <main id="main" tabIndex={-1} style={{ padding: 16, outline: "none", minWidth: 0 }}><Outlet /></main>
        </Frame>
      </Frame>
    </EvidenceProvider>
  );
}

function TopBar() {
  const { t } = useTranslation();
  const { lang } = useLang();
  const { mood, setMood } = useMood();
  const { data: me } = useQuery(session);
  const client = useQueryClient();
  const signOut = async () => {
    await api.del("/session").catch(() => undefined); // an ended session is as good as a closed one
    client.clear();
    location.assign(me?.provider ? `/oidc/${me.provider}/end` : "/signin");
  };
  return (
    <header className="row noprint" style={{ background: "var(--panel)", borderBottom: "1px solid var(--line)", padding: "6px 16px", justifyContent: "flex-end" }}>
      <span className="dim" style={{ marginRight: "auto" }}>{t("zone", { zone: zoneLabel })}</span>
      <Button type="text" href="/kiosk/andon" target="_blank">{t("nav.kiosk")}</Button>
      <Button type="text" onClick={() => setLang(lang === "zh" ? "en" : "zh")} lang={lang === "zh" ? "en" : "zh-CN"}>{t("lang.switch")}</Button>
      <Button type="text" onClick={() => setMood(mood === "dark" ? "light" : "dark")} title={t("theme.switch")}>{t(mood === "dark" ? "theme.light" : "theme.dark")}</Button>
      {me && <Link to="/account" title={t("nav.account")}>{me.name} <span className="dim">{t(`role.${me.role}` as "role.admin", me.role)}</span></Link>}
      <Button onClick={() => void signOut()}>{t("signout")}</Button>
    </header>
  );
}
