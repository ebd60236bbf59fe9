export const zh = {
  "reason": "原因", "product": "产品", "order": "工单", "shift": "班次", "profile": "设备模板", "device": "连接", "since": "自 {{at}}", "lost": "失联，最后应答 {{last}}",
  "strip": "状态时间轴", "strip.label": "{{from}} 至 {{to}} 的状态，共 {{count}} 段，其中故障停机 {{down}} 段。滚轮缩放，拖动或方向键平移；表格视图内容相同",
  "from": "开始", "to": "结束", "duration": "时长", "state": "状态", "by": "来源", "figures": "本时段指标", "trend": "趋势", "trend.pick": "选择信号",
  "losses": "时间损失瀑布", "losses.label": "从计划时间到有效时间：{{values}}", "losses.none": "本时段没有计划时间", "left": "有效时间",
  "stops": "停机记录", "stops.none": "本时段没有停机", "stops.micro": "含短停", "assign": "填原因", "reassign": "改原因",
  "values": "实时数值", "values.tag": "信号", "values.value": "值", "values.unit": "单位", "values.quality": "质量", "values.time": "时间", "values.trend": "加入趋势", "values.none": "没有信号", "values.filter": "筛选信号",
  "count.add": "更正产量", "count.good": "良品增减", "count.scrap": "废品增减", "count.rework": "返工增减", "note": "说明", "note.missing": "请写明原因", "count.hint": "在当前时刻记一笔更正，可为负数；原始计数不变",
  "state.set": "人工报状态", "state.hint": "仅在设备不通信时使用；到期自动失效", "state.until": "有效时长", "hours": "{{count}} 小时", "code": "状态", "mode": "方式",
  "waveforms": "波形", "waveforms.pick": "选择波形信号", "waveforms.none": "本时段没有波形", "waveforms.start": "起始时刻", "waveforms.shape": "轮廓", "waveforms.rms": "有效值 {{unit}}",
  "waveforms.peak": "峰峰值", "waveforms.rate": "点数 × 采样率", "waveforms.show": "查看", "waveforms.plot": "{{at}} 的波形",
};
export const en: Record<keyof typeof zh, string> = {
  "reason": "Reason", "product": "Product", "order": "Order", "shift": "Shift", "profile": "Profile", "device": "Connection", "since": "since {{at}}", "lost": "No contact, last answer {{last}}",
  "strip": "States over time", "strip.label": "States from {{from}} to {{to}}: {{count}} intervals, {{down}} of them down. Wheel zooms, drag or arrow keys pan; the table shows the same",
  "from": "From", "to": "To", "duration": "Duration", "state": "State", "by": "Source", "figures": "Figures of this stretch", "trend": "Trend", "trend.pick": "Choose signals",
  "losses": "Waterfall of lost time", "losses.label": "From planned to effective time: {{values}}", "losses.none": "No planned time in this stretch", "left": "Effective",
  "stops": "Stops", "stops.none": "No stop in this stretch", "stops.micro": "Minor stops too", "assign": "Give reason", "reassign": "Change reason",
  "values": "Live values", "values.tag": "Signal", "values.value": "Value", "values.unit": "Unit", "values.quality": "Quality", "values.time": "Time", "values.trend": "Add to trend", "values.none": "No signals", "values.filter": "Filter signals",
  "count.add": "Correct counts", "count.good": "Good, plus or minus", "count.scrap": "Scrap, plus or minus", "count.rework": "Rework, plus or minus", "note": "Note", "note.missing": "Say why", "count.hint": "Books a correction now, negative allowed; the raw counts stay",
  "state.set": "Report state", "state.hint": "Only while nobody hears the machine; ends by itself", "state.until": "Valid for", "hours": "{{count}} h", "code": "State", "mode": "Mode",
  "waveforms": "Waveforms", "waveforms.pick": "Choose a fast signal", "waveforms.none": "No waveform in this stretch", "waveforms.start": "Start", "waveforms.shape": "Shape", "waveforms.rms": "RMS {{unit}}",
  "waveforms.peak": "Peak to peak", "waveforms.rate": "Values × rate", "waveforms.show": "Show", "waveforms.plot": "Waveform at {{at}}",
};
