export const zh = {
  "title": "企业全部数据", "about": "工厂模型、记录及其历史、样本、文件打包为一个 zip；密码和密钥不在其中。在后台生成，生成后保留一天。", "start": "导出全部数据", "again": "重新导出", "waiting": "排队中，等其他导出完成", "running": "正在导出{{step}}，已写 {{size}}",
  "step.plant": "工厂模型", "step.record": "记录", "step.samples": "样本", "step.files": "文件", "part": "{{done}} / {{of}} 个标签", "progress": "导出进度", "fetch": "下载（{{size}}）", "until": "保留至 {{at}}", "failed": "导出失败：{{why}}。没有留下不完整的文件，可重新导出。",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Everything the firm owns", "about": "Plant model, records with their history, samples and files as one zip; passwords and secrets are not in it. It is written in the background and kept for a day.", "start": "Export everything", "again": "Export again", "waiting": "Waiting for other exports", "running": "Exporting {{step}}, {{size}} written",
  "step.plant": "the plant model", "step.record": "records", "step.samples": "samples", "step.files": "files", "part": "{{done}} of {{of}} tags", "progress": "Progress of the export", "fetch": "Download ({{size}})", "until": "Kept until {{at}}", "failed": "The export failed: {{why}}. Nothing half done is left; it can be started again.",
};
