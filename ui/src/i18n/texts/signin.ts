export const zh = {
  "title": "登录智改", "lead": "从设备信号到报表数字，每个数字都能查到出处。", "name": "用户名", "password": "密码", "submit": "登录",
  "name.missing": "请输入用户名", "password.missing": "请输入密码", "failed": "用户名或密码不对", "locked": "失败次数过多，请稍后再试", "locked.until": "失败次数过多，{{at}} 之前不再接受尝试；忘记密码请联系管理员",
  "code": "验证码", "code.more": "验证器上的 6 位数字，或一个未用过的恢复码", "code.missing": "请输入验证码", "code.wrong": "验证码不对、已过期或已用过；超过 5 分钟请重新登录", "code.again": "重新登录",
  "link.checking": "正在用一次性链接登录…", "link.failed": "链接已用过或已过期，请向管理员要一个新的。",
  "doors": "统一登录", "door": "用“{{name}}”登录",
  "refused.nothing": "统一登录成功，但本系统没有给你任何授权：没有一条规则与你的身份信息相符。请联系本系统管理员", "refused.off": "统一登录成功，但你在本系统的账号已停用，请联系管理员", "refused.locked": "失败次数过多，请稍后再试", "refused.away": "统一登录服务没有应答，请稍后再试；本系统的用户名和密码仍可登录", "refused.refused": "统一登录没有完成：服务方没有确认登录", "refused.over": "这次登录已用过、超时或不是在本浏览器发起的，请重新登录", "refused.untrue": "统一登录服务的应答没有通过核对，没有登录；请联系管理员查看日志", "refused.unknown": "这个统一登录服务不存在或已停用", "refused.failed": "登录没有完成，请稍后再试",
  "demo": "演示账号（仅演示节点显示）", "demo.use": "用 {{name}} 登录", "degraded": "节点有问题：{{what}}",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Sign in to zhigai", "lead": "From machine signals to reported figures, with evidence for every number.", "name": "User name", "password": "Password", "submit": "Sign in",
  "name.missing": "Enter a user name", "password.missing": "Enter a password", "failed": "User name or password is wrong", "locked": "Too many failures; try again later", "locked.until": "Too many failures; no further try is looked at before {{at}}. Forgot the password? Ask the administrator",
  "code": "Code", "code.more": "6 digits of your authenticator, or a recovery code not used yet", "code.missing": "Enter the code", "code.wrong": "The code is wrong, too old or used; after 5 minutes sign in anew", "code.again": "Begin again",
  "link.checking": "Signing in with the one-time link…", "link.failed": "The link was used or has expired; ask the administrator for a new one.",
  "doors": "Single sign-on", "door": "Sign in with {{name}}",
  "refused.nothing": "The provider knows you, but nothing was given to you here: no rule fits what it says of you. Ask an administrator of this node", "refused.off": "The provider knows you, but your account here is switched off; ask an administrator", "refused.locked": "Too many failures; try again later", "refused.away": "The provider does not answer; try again later. Names and passwords of this node still work", "refused.refused": "The provider did not sign you in", "refused.over": "This sign-in was used, took too long or was begun in another browser; begin again", "refused.untrue": "The provider's answer did not hold, and nobody was signed in; ask an administrator to look at the log", "refused.unknown": "There is no such provider, or it is switched off", "refused.failed": "The sign-in did not end well; try again later",
  "demo": "Demo accounts (shown by demo nodes only)", "demo.use": "Sign in as {{name}}", "degraded": "The node reports a problem: {{what}}",
};
