export const zh = {
  "via": "来自统一登录", "grants": "授权", "add": "增加授权", "take": "收回", "remove": "收回第 {{no}} 项授权", "one": "第 {{no}} 项授权", "none": "无授权", "missing": "必填",
  "role": "角色", "reach": "范围", "reach.whole": "全部", "reach.place": "厂内位置", "reach.area": "一部分企业", "path": "位置", "whole": "全厂和全部企业", "whole.plant": "全厂", "whole.firms": "全部企业",
  "region": "区划代码前缀", "region.form": "2、4 或 6 位数字：33 省、3306 市、330624 县", "sector": "行业代码前缀", "sector.form": "门类字母加 2～4 位数字：C、C34、C3451", "firm": "企业编号",
  "in.region": "区划 {{code}}", "in.sector": "行业 {{code}}", "in.firm": "企业 {{id}}", "end": "到期时间", "never": "长期", "purpose": "用途", "until": "至 {{at}}", "ended": "已于 {{at}} 到期",
  "role.strict": "须双因素登录", "role.strict.more": "持有者未启用验证器前不能使用任何功能；接口令牌不受影响",
  "role.add": "新建角色", "role.edit": "修改", "role.remove": "删除", "role.own": "自定义", "role.may": "权限", "role.id": "代号", "role.id.form": "2～40 位小写字母、数字和“-”，以字母开头", "role.zh": "中文名", "role.en": "英文名", "role.sure": "确定删除这个角色？有人持有时不能删除。",
  "may.read": "查看设备、指标和数据", "may.report": "填报停机原因和产量", "may.control": "设定设备参数", "may.engineer": "配置工厂、设备和定义", "may.administer": "管理用户和令牌", "may.audit": "查看和校验审计",
  "may.plan": "录入、下达和排产订单", "may.material": "管理物料和库位、记账", "may.exchange": "与业务系统交换报文并配置集成", "may.tenants": "接入、暂停和注销平台上的企业", "may.firms": "查看企业、指标和诊断", "may.firms.keep": "录入和修改企业名录", "may.firms.report": "填报、退回和审核报表", "may.firms.dispatch": "管理和派遣专家、派驻专家、分办咨询", "may.firms.reply": "代表企业答复诊断", "may.diagnose": "组织和实施诊断",
  "about.place": "厂内位置", "about.firm": "企业", "holder": "谁", "kind": "类别", "kind.user": "用户", "kind.token": "接口令牌", "by": "依据的授权",
};
export const en: Record<keyof typeof zh, string> = {
  "via": "by single sign-on", "grants": "Grants", "add": "Add a grant", "take": "Take back", "remove": "Take grant {{no}} back", "one": "Grant {{no}}", "none": "nothing granted", "missing": "Needed",
  "role": "Role", "reach": "Reach", "reach.whole": "Everything", "reach.place": "A place", "reach.area": "Some firms", "path": "Place", "whole": "whole plant and every firm", "whole.plant": "whole plant", "whole.firms": "every firm",
  "region": "Division code prefix", "region.form": "2, 4 or 6 digits: 33 a province, 3306 a city, 330624 a county", "sector": "Sector prefix", "sector.form": "The section and 2 to 4 digits: C, C34, C3451", "firm": "Id of the firm",
  "in.region": "division {{code}}", "in.sector": "sector {{code}}", "in.firm": "firm {{id}}", "end": "Ends", "never": "never", "purpose": "Purpose", "until": "until {{at}}", "ended": "ended {{at}}",
  "role.strict": "Second factor required", "role.strict.more": "People who hold it may nothing before they set up an authenticator; tokens are not asked",
  "role.add": "New role", "role.edit": "Change", "role.remove": "Remove", "role.own": "own", "role.may": "May", "role.id": "Id", "role.id.form": "2 to 40 small letters, digits and “-”, beginning with a letter", "role.zh": "Chinese name", "role.en": "English name", "role.sure": "Remove this role? One that somebody holds stays.",
  "may.read": "see machines, figures and data", "may.report": "enter stop reasons and counts", "may.control": "set values on machines", "may.engineer": "set up plant, devices and definitions", "may.administer": "manage users and tokens", "may.audit": "read and verify the audit",
  "may.plan": "enter, release and schedule orders", "may.material": "keep items and locations, book material", "may.exchange": "exchange messages with business systems and set that up", "may.tenants": "take firms into the platform, suspend them and let them go", "may.firms": "see firms, their figures and diagnoses", "may.firms.keep": "enter and change firms", "may.firms.report": "hand in, return and approve reports", "may.firms.dispatch": "keep, send and station experts, direct questions", "may.firms.reply": "speak for a firm in diagnoses", "may.diagnose": "plan and carry out diagnoses",
  "about.place": "A place", "about.firm": "A firm", "holder": "Who", "kind": "Kind", "kind.user": "user", "kind.token": "API token", "by": "By the grant",
};
