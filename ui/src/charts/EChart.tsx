import { BarChart, HeatmapChart, LineChart, RadarChart, SankeyChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, RadarComponent, TooltipComponent, VisualMapComponent } from "echarts/components";
import * as echarts from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useMood } from "../components/mood";
import { font } from "../theme";

echarts.use([BarChart, HeatmapChart, LineChart, RadarChart, SankeyChart, ScatterChart, GridComponent, LegendComponent, RadarComponent, TooltipComponent, VisualMapComponent, CanvasRenderer]);

interface Props { option: EChartsCoreOption; height: number; label: string }

export default function EChart({ option, height, label }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const { mood } = useMood();
  useEffect(() => {
    const el = host.current;
    if (!el) return;
    const chart = echarts.init(el, mood === "dark" ? "dark" : undefined, { renderer: "canvas" });
    chart.setOption({ animation: false, backgroundColor: "transparent", textStyle: { fontFamily: font }, ...option });
    const sizes = new ResizeObserver(() => chart.resize());
    sizes.observe(el);
    return () => {
      sizes.disconnect();
      chart.dispose();
    };
  }, [option, mood]);
  return <div ref={host} role="img" aria-label={label} style={{ width: "100%", height }} />;
}
