// The kiosk's own few words: it must paint before any library could load.

import type { Reason } from "../lib/reasons";
import type { Look } from "../lib/states";

export type Lang = "zh" | "en";

export const words = {
  zh: {
    run: "运行", idle: "待机", setup: "换型", maint: "保养", alarm: "故障停机", off: "关机", unknown: "未知",
    board: "现场看板", broken: "实时连接断开，画面不再更新，正在重连…", why: "为什么停机？", running: "正在运行，没有停机", back: "返回看板", thanks: "已记录", failed: "没有记录成功：", signin: "登录", name: "用户名", password: "密码", loading: "正在读取…",
    silent: "连不上节点，正在重试…", jobs: "生产作业", calls: "呼叫", "call.material": "叫料", "call.quality": "叫质检", "call.maintenance": "叫维修", comes: "已接单",
  },
  en: {
    run: "Running", idle: "Idle", setup: "Setup", maint: "Maintenance", alarm: "Down", off: "Off", unknown: "Unknown",
    board: "Floor board", broken: "Live connection lost; nothing here is renewed. Trying again…", why: "Why does it stand?", running: "It is running; nothing stands", back: "Back to the board", thanks: "Noted", failed: "Not noted: ", signin: "Sign in", name: "User name", password: "Password", loading: "Loading…",
    silent: "The node does not answer. Trying again…", jobs: "Jobs", calls: "Calls", "call.material": "Material", "call.quality": "Quality", "call.maintenance": "Maintenance", comes: "comes",
  },
} satisfies Record<Lang, Record<Look | string, string>>;

export function lang(): Lang {
  return localStorage.getItem("zhigai.lang") === "en" ? "en" : "zh";
}

/** What is said at a machine. */
export const jobWords = {
  zh: {
    board: "看板", stopReason: "停机原因", online: "已联网", offline: "网络断开，登记照常，联网后自动发送", wait: "待发送", foreign: "条登记是 {who} 的，请用该账号登录后发送",
    who: "上岗登记", whoHint: "刷工卡，或输入工号", enter: "确定", leave: "离岗", nobody: "未上岗", unknown: "没有这个工号：", gone: "已离职：", unchecked: "网络断开，未核对", clear: "清除",
    atHand: "当前作业", none: "当前没有在做的作业，从右侧选择开始", next: "接下来", nothing: "没有排到这台设备的作业", order: "订单", due: "交期", quantity: "应做", good: "合格", scrap: "报废", rework: "返工", counted: "设备计数", typed: "人工",
    start: "开始", pause: "暂停", resume: "继续", complete: "完工", count: "报数", scrapped: "报废", sure: "确认完工", back: "返回", first: "首件待批准", firstOk: "首件已批准",
    why: "为什么暂停？", whyScrap: "报废原因", howMany: "合格几件？", fromGood: "设备已计为合格，从合格中扣除", other: "当前作业怎么办？", completeAnd: "完工并开始", pauseAnd: "暂停并开始", together: "同时开始（同炉）",
    refused: "没有登记：", later: "这条登记没有被接受：", read: "知道了", kept: "已记下，待发送", noted: "已登记", notKept: "这台终端存不下登记，请用纸记录并找管理员：", late: "已过交期", needPerson: "先上岗登记", changed: "数量",
    call: "呼叫", callWhom: "呼叫谁？", "call.material": "叫料", "call.quality": "叫质检", "call.maintenance": "叫维修", called: "已呼叫", comes: "已接单", unsent: "待发送", endCall: "已解决", needNet: "网络断开，联网后再结束呼叫", withdrawNeedsNet: "网络断开，联网后再撤回",
    recipe: "配方版本", drifted: "{n} 个参数与批准的不一致", asApproved: "设备的值与批准的一致", files: "图纸与指导书", bringing: "正在取…", notHere: "这台终端上还没有，联网后再看：", waiting: "等待", ready: "齐套", loaded: "已装夹", running: "生产中", held: "受阻", suspended: "暂停", not_allowed: "不可开工",
  },
  en: {
    board: "Board", stopReason: "Stop reason", online: "Online", offline: "No network: entries are kept and sent when it is back", wait: "wait", foreign: "entries are by {who}, who has to sign in to send them",
    who: "Begin work", whoHint: "Card, or number", enter: "OK", leave: "Leave", nobody: "Nobody at work", unknown: "Not known: ", gone: "Left: ", unchecked: "no network, not checked", clear: "Clear",
    atHand: "At hand", none: "Nothing is being made; start a job on the right", next: "Next", nothing: "Nothing is planned at this machine", order: "Order", due: "Due", quantity: "To make", good: "Good", scrap: "Scrap", rework: "Rework", counted: "by machine", typed: "by people",
    start: "Start", pause: "Pause", resume: "Resume", complete: "Finish", count: "Count", scrapped: "Scrap", sure: "Yes, finish", back: "Back", first: "First piece is not approved yet", firstOk: "First piece approved",
    why: "Why pause?", whyScrap: "Why scrap?", howMany: "How many good?", fromGood: "The machine counted it as good: take it from there", other: "And the job at hand?", completeAnd: "Finish it, then start", pauseAnd: "Pause it, then start", together: "Start together (one batch)",
    refused: "Not entered: ", later: "This entry was not taken: ", read: "I see", kept: "Kept, to be sent", noted: "Entered", notKept: "This panel cannot keep entries; write on paper and call the administrator: ", late: "overdue", needPerson: "Begin work first", changed: "Quantity",
    call: "Call", callWhom: "Call whom?", "call.material": "Material", "call.quality": "Quality", "call.maintenance": "Maintenance", called: "called", comes: "comes", unsent: "to be sent", endCall: "solved", needNet: "No network; end the call when it is back", withdrawNeedsNet: "No network; withdraw it when it is back",
    recipe: "Recipe revision", drifted: "{n} parameters are not as approved", asApproved: "the machine has the approved values", files: "Drawings", bringing: "Bringing it…", notHere: "Not on this device yet; look again with the network: ", waiting: "waiting", ready: "ready", loaded: "loaded", running: "running", held: "held up", suspended: "paused", not_allowed: "not allowed",
  },
} satisfies Record<Lang, Record<string, string>>;

/** Why parts are scrap and why a job stops. */
export const reasonWords: Record<Lang, Record<Reason, string>> = {
  zh: {
    dimension: "尺寸超差", surface: "外观缺陷", "material-defect": "材料缺陷", "setup-piece": "调机件", handling: "磕碰搬运", "machine-fault": "设备故障所致",
    "no-material": "缺料", inspection: "等检验", "machine-down": "设备故障", tooling: "换刀、调机", "shift-change": "换班", break: "吃饭休息",
  },
  en: {
    dimension: "Dimension", surface: "Surface", "material-defect": "Material defect", "setup-piece": "Setup piece", handling: "Handling", "machine-fault": "By a machine fault",
    "no-material": "No material", inspection: "Waits for inspection", "machine-down": "Machine is down", tooling: "Tool, setup", "shift-change": "Change of shift", break: "Break",
  },
};

/** What is said of measuring. */
export const measureWords = {
  zh: {
    "due.first_piece": "首件该测", "due.minutes": "到时该测", "due.parts": "到数该测", left: "还差 {n} 件", at: "{at} 测", any: "测量", value: "测量值", found: "不合格数", looked: "检查数", enter: "确定", number: "请输入数字", done: "知道了", last: "最近的点",
    outside: "超出规范", beyond: "超出控制限", in: "受控", unknown: "已记下，还没有控制限", where: "缺陷在哪里", marked: "已标 {n} 处，不合格 {found}", undo: "撤销一处", nowhere: "不标位置", pad: "{title}：点位置，或用方向键和回车标记", nopicture: "图片现在打不开", withdraw: "撤回", mistyped: "输错了", wrongpart: "量错零件", notzero: "量具没对零",
    "warn.gauge_due": "量具已到校准期，请换用", "warn.gauge_drifts": "量具核查异常，请换用别的量具", "warn.check_due": "量具该用标准件核查了",
  },
  en: {
    "due.first_piece": "first piece is due", "due.minutes": "due by time", "due.parts": "due by number", left: "in {n} parts", at: "at {at}", any: "measure", value: "Value", found: "Nonconforming", looked: "Looked at", enter: "OK", number: "Enter a number", done: "I see", last: "Last points",
    outside: "Outside of specification", beyond: "Beyond the limits", in: "In control", unknown: "Kept; there are no limits yet", where: "Where are the flaws", marked: "{n} marked, {found} nonconforming", undo: "Take one back", nowhere: "Without places", pad: "{title}: touch the place, or use arrow keys and Enter", nopicture: "The picture cannot be shown now", withdraw: "Withdraw", mistyped: "Mistyped", wrongpart: "Wrong part", notzero: "Gauge was not set",
    "warn.gauge_due": "The gauge is due for calibration: take another one", "warn.gauge_drifts": "Checks say that the gauge is off: take another one", "warn.check_due": "The gauge is due to be checked by its master",
  },
} satisfies Record<Lang, Record<string, string>>;
