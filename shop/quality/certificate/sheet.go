package certificate

import (
	"io"
	"strconv"

	"zhigai/connect/files/table"
)

var columns = []string{"编号", "版次", "状态", "订单", "批号", "产品", "客户", "数量", "地点", "首次签发", "本版签发", "签发人", "SHA-256"}

var stateZH = map[State]string{Issued: "有效", Replaced: "已换版", Withdrawn: "已撤回"}

// WriteList writes certificates as a sheet.
func WriteList(all []Head, excel bool, w io.Writer) error {
	each := func(row func([]string) error) error {
		for _, h := range all {
			if err := row([]string{
				h.Number, strconv.Itoa(h.Revision), stateZH[h.State], h.Order, h.Lot, h.Product, h.Customer, strconv.FormatInt(h.Quantity, 10), h.Path,
				h.Issued.Time().In(zone).Format("2006-01-02 15:04:05"), h.At.Time().In(zone).Format("2006-01-02 15:04:05"), h.By, h.Digest,
			}); err != nil {
				return err
			}
		}
		return nil
	}
	if excel {
		return table.WriteExcel(w, "质量证明书", columns, each)
	}
	return table.WriteCSV(w, columns, each)
}
