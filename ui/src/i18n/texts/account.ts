export const zh = {
  "title": "我的账号", "sessions": "已登录的设备", "device": "浏览器", "address": "地址", "by": "登录方式", "by.password": "密码", "by.link": "一次性链接", "opened": "登录于", "seen": "最近使用", "expires": "到期", "do": "操作",
  "current": "本机", "unknown": "未知", "none": "没有已登录的设备", "end": "退出", "end.one": "退出 {{device}}", "end.others": "退出其他 {{n}} 处", "end.others.sure": "其他设备上的登录和未用的登录链接立即失效，确定？", "end.all": "全部退出", "end.all.sure": "“{{name}}”在所有设备上的登录和未用的登录链接立即失效，确定？", "ended": "已退出",
  "password": "修改密码", "password.old": "当前密码", "password.new": "新密码", "password.again": "再输一次新密码", "password.rule": "至少 10 位；不能是登录名、重复或相邻的字符、常见密码", "password.missing": "请输入", "password.short": "至少 {{n}} 位", "password.differ": "两次输入不一致", "password.save": "修改密码",
  "password.saved": "密码已修改，其他设备上的登录已失效", "password.wrong": "当前密码不对", "password.locked": "失败次数过多，{{at}} 之前不再接受尝试",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "My account", "sessions": "Where you are signed in", "device": "Browser", "address": "Address", "by": "Signed in by", "by.password": "password", "by.link": "one-time link", "opened": "Since", "seen": "Last used", "expires": "Ends", "do": "Action",
  "current": "this one", "unknown": "unknown", "none": "Signed in nowhere", "end": "End", "end.one": "End {{device}}", "end.others": "End the other {{n}}", "end.others.sure": "All other sessions and unused sign-in links end at once. Go on?", "end.all": "End all", "end.all.sure": "All sessions and unused sign-in links of {{name}} end at once. Go on?", "ended": "Ended",
  "password": "Change the password", "password.old": "Present password", "password.new": "New password", "password.again": "New password again", "password.rule": "10 characters or more; not your name, not repeated or neighbouring characters, not a common password", "password.missing": "Please enter", "password.short": "{{n}} characters or more", "password.differ": "The two differ", "password.save": "Change the password",
  "password.saved": "The password is changed; other sessions have ended", "password.wrong": "The present password is wrong", "password.locked": "Too many failures; no further try is looked at before {{at}}",
};
