package acceptance

import "zhigai/plant"

// Definition says what a figure or criterion of the report is. A definition that
// changes gets a new version, and with it the report another hash.
type Definition struct {
	ID      string     `json:"id"`
	Version int        `json:"version"`
	Name    plant.Name `json:"name"`
	Text    plant.Name `json:"text"`
}

// Definitions of all that a report says.
func Definitions() []Definition {
	one := func(id, zh, en, textZH, textEN string) Definition {
		return Definition{ID: id, Version: 1, Name: plant.Name{ZH: zh, EN: en}, Text: plant.Name{ZH: textZH, EN: textEN}}
	}
	return []Definition{
		one("contact", "通信时间", "contact",
			"从每个值为 1 的 link.state 样本起 15 秒内设备视为在线，值为 0 或不良时立即视为断开。采集器至少每 5 秒续写一次。",
			"A machine is in contact for 15 s from every sample of link.state that is 1, and not from one that is 0 or bad on. The collector renews it at least every 5 s."),
		one("known", "已知时间", "known time",
			"测点在通信期间、且最近一个样本质量不为不良时，其值为已知。只存储变化，因此没有新样本不等于没有数据。",
			"A tag's value is known while the machine is in contact and the last sample is not bad. Only changes are stored, so that no new sample does not mean no data."),
		one("coverage", "覆盖率", "coverage",
			"所有应采测点的已知时间之和 ÷（应采测点数 × 报告时长）。比率从不再平均。判据：不低于给定值。",
			"Sum of the known times of all wanted tags ÷ (number of wanted tags × time of the report). Ratios are never averaged. Criterion: not less than given."),
		one("wanted", "应采测点", "wanted tags",
			"设备类型文件（报告所列版本）中的全部信号；link.state 不计。",
			"All signals of the profile in the version that the report names, without link.state."),
		one("silent", "无数据测点", "silent tags",
			"报告时间内值从未已知的应采测点。判据：个数不多于给定值。",
			"Wanted tags whose value was never known in the time. Criterion: not more than given."),
		one("gap", "中断", "gap",
			"无通信、或有数据的测点值未知的连续时间。测点只计超过三个采集周期（至少 5 秒）的中断个数。判据：最长中断不超过给定秒数。",
			"A stretch without contact, or in which the value of a tag that delivers is not known. Of tags, those longer than three periods (at least 5 s) are counted. Criterion: the longest is not longer than given."),
		one("samples", "样本数", "samples",
			"报告时间内存储的应采测点样本数，含不良样本；不良和存疑样本按原因计数。被同一时刻的后到样本替换的另计为“替换”。",
			"Samples of wanted tags stored in the time, bad ones too; bad and uncertain ones are counted by reason. Those that a later sample of the same instant replaced are counted apart."),
		one("conflicts", "身份冲突", "identity conflicts",
			"同一时刻以相同驱动、地址和单元号接入，或登记了相同序列号的其他设备数。判据：不多于给定值。",
			"Other machines that are reached by the same driver, address and unit, or have the same serial number. Criterion: not more than given."),
		one("losses", "已知损失", "known losses",
			"日志中关于该设备的缺口、过载和时钟事件，含丢弃的报文数。",
			"Events about the machine in the journal: gaps, overloads and clocks that are not to be believed, with the messages that were dropped."),
		one("states", "状态时长", "time by state",
			"由事实重放得到的各状态毫秒数，未知单列；各项之和等于报告时长。不计入 OEE 的设备（如电表）没有状态。",
			"Milliseconds by state as replayed from the facts; unknown is one of them. They add up to the time of the report. Machines that are excluded from OEE, such as meters, have none."),
		one("lateness", "延迟", "lateness",
			"本报告不含：样本只保存一个时刻（源时刻，或采集时刻），没有第二个时刻可比较。",
			"Not in this report: a sample is stored with one instant, the source's or that of collection, and there is no second one to compare it with."),
		one("sequence", "序号损失", "losses by sequence",
			"本报告不含：由 Sparkplug 的 seq 或 MTConnect 的 nextSequence 得知的缺失条数只写入程序日志，不作为事实保存，事后无法按时段重算。MTConnect 缓冲区溢出时各测点另存一个不良样本，计入样本数。",
			"Not in this report: how many messages the seq of Sparkplug or the nextSequence of MTConnect shows to be missing is in the log of the program, but no fact, so that it cannot be counted again for a time. Where the buffer of an MTConnect agent ran over, every tag has a bad sample besides, which is among the samples."),
		one("result", "结论", "result",
			"全部判据满足为合格，否则不合格；任何应采测点都从未已知的设备为“无数据”，不计为合格。全部设备合格时报告合格。",
			"Passed when every criterion holds, else failed; a machine of which nothing was ever known has no data and does not pass. The report passes when every machine does."),
		one("digest", "输入摘要", "digest of the inputs",
			"所读样本的 SHA-256：link.state 在前，其余按测点名；每个样本为时刻（8 字节小端微秒）、质量（1 字节）、值（8 字节小端 IEEE 754，文本为长度加内容）。含起点之前的最后一个样本。",
			"SHA-256 of the samples that were read: link.state first, then by name of the tag; of each the instant (8 bytes, little endian, µs), the quality (1 byte) and the value (8 bytes, little endian IEEE 754; of a text its length and bytes). The last sample before the time is the first."),
	}
}
