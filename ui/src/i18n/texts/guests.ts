export const zh = {
  "hint": "企业让服务商、诊断专家等外部人员在期限内使用指定的内容。到期自动失效；每一步都记入审计，外部人员能在“我的账号”看到由谁、为何、到何时。",
  "let": "让外部人员进入", "find": "按姓名、单位、用途查找", "state": "状态", "state.in": "有效", "state.ended": "已结束", "state.all": "全部", "export": "导出 CSV", "none": "没有外部人员", "n": "共 {{n}} 项",
  "who": "外部人员", "what": "可以做什么", "purpose": "用途", "by": "由谁准入", "until": "到期", "seen": "最近登录", "seen.never": "从未登录", "do": "操作", "off": "用户已停用", "over": "已于 {{at}} 结束", "left": "还有 {{n}} 天",
  "extend": "改期", "extend.of": "为 {{name}} 改期", "end": "立即终止", "end.of": "立即终止 {{name}}", "end.sure": "“{{name}}”对此内容的访问立即终止，打开的实时画面随之中断。确定？", "ended": "已终止", "extended": "期限已修改", "link": "登录链接", "link.of": "为 {{name}} 生成登录链接",
  "kind": "对方", "kind.user": "已有用户", "kind.invite": "新邀请的人", "name": "登录名", "name.known": "对方的登录名", "display": "姓名", "organisation": "单位", "missing": "必填", "until.label": "有效期至", "until.wrong": "须在当前时间之后、一年之内",
  "things": "范围", "more": "再加一处", "go": "准入", "role.may": "该角色可以：{{may}}", "secret": "登录链接只显示这一次，{{at}} 前有效，请交给 {{name}}：", "given": "已准入", "close": "完成", "copy": "复制链接",
};
export const en: Record<keyof typeof zh, string> = {
  "hint": "A firm lets providers, experts and others in to named things until a date. It ends by itself; every step is in the audit, and guests see at their account who let them in, for what and until when.",
  "let": "Let somebody in", "find": "Find by name, organisation or purpose", "state": "State", "state.in": "in force", "state.ended": "ended", "state.all": "all", "export": "Export CSV", "none": "There are no guests", "n": "{{n}} in all",
  "who": "Guest", "what": "May", "purpose": "Purpose", "by": "Let in by", "until": "Until", "seen": "Last seen", "seen.never": "never yet", "do": "Action", "off": "user switched off", "over": "ended {{at}}", "left": "{{n}} days left",
  "extend": "Other date", "extend.of": "Another date for {{name}}", "end": "End now", "end.of": "End {{name}} now", "end.sure": "What {{name}} was let in to ends at once, open live pages too. Go on?", "ended": "Ended", "extended": "The date is changed", "link": "Sign-in link", "link.of": "Make a sign-in link for {{name}}",
  "kind": "Who", "kind.user": "A user who is there", "kind.invite": "Somebody new", "name": "Name to sign in with", "name.known": "Name the person signs in with", "display": "Name of the person", "organisation": "Organisation", "missing": "Needed", "until.label": "Until", "until.wrong": "After now and within a year",
  "things": "To what", "more": "One more place", "go": "Let in", "role.may": "The role may: {{may}}", "secret": "The sign-in link is shown this once and works until {{at}}; give it to {{name}}:", "given": "Let in", "close": "Done", "copy": "Copy the link",
};
