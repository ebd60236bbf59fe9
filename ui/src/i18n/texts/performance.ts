export const zh = {
  "title": "订单绩效", "lead": "ISO 22400 与交付指标；每个数值由下方订单加总而成，可逐单核对。", "product.all": "全部产品", 
  "orders": "构成这些数值的订单", "orders.n": "{{n}} 个订单", "number": "订单号", "product": "产品", "state": "状态", "quantity": "数量", "due": "交期", "began": "开工", "ended": "完工", "contributes": "计入", "in.ended": "完工", "in.due": "到期", "in.wip": "在制", "root": "证据摘要 SHA-256", "root.hint": "对下列订单及其各项计算；任何一项变动都会改变它。", "none": "此时段没有生产或到期的订单。", "open.order": "打开订单 {{number}}",
};
export const en: Record<keyof typeof zh, string> = {
  "title": "Order performance", "lead": "ISO 22400 and delivery figures; each is the sum over the orders below, which anyone can check.", "product.all": "Every product", 
  "orders": "The orders behind these figures", "orders.n": "{{n}} orders", "number": "Order", "product": "Product", "state": "State", "quantity": "Quantity", "due": "Due", "began": "Began", "ended": "Ended", "contributes": "Counts as", "in.ended": "ended", "in.due": "due", "in.wip": "in work", "root": "Digest of the evidence, SHA-256", "root.hint": "Of the orders below with their terms; whatever changes in one of them changes it.", "none": "No order was worked on or due in this time.", "open.order": "Open order {{number}}",
};
