package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"zhigai/data"
	"zhigai/plant"
)

// clusterList is where the synthetic firms stand.
type clusterList struct {
	Schema   string    `yaml:"schema"`
	Clusters []cluster `yaml:"clusters"`
}

type cluster struct {
	County string   `yaml:"county"`
	Class  string   `yaml:"class"`
	Name   string   `yaml:"name"`
	Share  int      `yaml:"share"` // of a hundred firms
	Words  []string `yaml:"words"`
}

// pick is the cluster of a firm at a place among a hundred.
func (l clusterList) pick(at int) cluster {
	for _, c := range l.Clusters {
		if at -= c.Share; at < 0 {
			return c
		}
	}
	return l.Clusters[0]
}

// synthetic is a firm that is not there.
type synthetic struct {
	code, name, county, class, cluster string
	backbone, aboveScale               bool
	sales                              [2]float64 // 10,000 yuan, of the year before and of this one
	staff                              int
	systems                            map[string]string // start of use, by kind
	cloud                              string
	machines, nc, networked            int
	live                               int // number of its plant; 0: it has none
}

// firmWords make names that no firm has: two syllables of a list.
var firmWords = []string{"恒", "达", "瑞", "丰", "宏", "远", "盛", "祥", "泰", "信", "德", "昌", "锦", "华", "嘉", "诚", "永", "新", "凯", "立", "康", "元", "润", "腾"}

// syntheticFirms makes firms of the counties' sectors; the first live of them
// have plants, the first in its own right and the others on the sector's
// platform: bearing makers of one county.
func syntheticFirms(seed uint64, n, live, year int) ([]synthetic, error) {
	raw, err := data.FS.ReadFile("demo/province.yaml")
	if err != nil {
		return nil, err
	}
	var list clusterList
	if err := yaml.UnmarshalWithOptions(raw, &list, yaml.Strict()); err != nil || list.Schema != "zhigai.province/1" {
		return nil, errors.Join(fmt.Errorf("demo/province.yaml: schema %q", list.Schema), err)
	}
	rng := rand.New(rand.NewPCG(seed, 0x70726f76))
	names := map[string]bool{}
	out := make([]synthetic, n)
	for i := range out {
		c := list.Clusters[0]
		if i >= live {
			c = list.pick(rng.IntN(100))
		}
		f := synthetic{county: c.County, class: c.Class, cluster: c.Name, systems: map[string]string{}}
		for f.name == "" || names[f.name] {
			f.name = firmWords[rng.IntN(len(firmWords))] + firmWords[rng.IntN(len(firmWords))] + firmWords[rng.IntN(len(firmWords))] + c.Words[rng.IntN(len(c.Words))] + "有限公司（演示）"
		}
		names[f.name] = true
		if f.code, err = plant.MakeCreditCode("91", c.County, fmt.Sprintf("MADEM%04d", i)[:9]); err != nil {
			return nil, err
		}
		f.grow(rng, year, i < live)
		if i < live {
			f.live = i + 1
		}
		out[i] = f
	}
	return out, nil
}

// grow gives the firm its size and what goes with it: few are large.
func (f *synthetic) grow(rng *rand.Rand, year int, live bool) {
	f.sales[0] = math.Round(math.Exp(7.3+1.3*rng.NormFloat64())*10) / 10
	if live {
		f.sales[0] = 6000 + math.Round(rng.Float64()*200_000)/10
	}
	f.sales[1] = math.Round(f.sales[0]*(1+0.06+0.08*rng.NormFloat64())*10) / 10
	f.staff = max(5, int(f.sales[0]/90*(0.6+0.8*rng.Float64())))
	f.aboveScale = f.sales[0] >= 2000
	f.backbone = live || f.sales[0] >= 20_000 && rng.IntN(2) == 0
	apt := 0.15
	if f.aboveScale {
		apt = 0.5
	}
	for _, use := range []struct {
		kind  string
		share float64
	}{{"mes", 0.7}, {"erp", 1.2}, {"scm", 0.4}, {"plm", 0.35}} {
		if rng.Float64() < apt*use.share {
			f.systems[use.kind] = fmt.Sprintf("%d-%02d-01", year-1-rng.IntN(6), 1+rng.IntN(12))
		}
	}
	if rng.Float64() < apt*1.1 {
		f.cloud = fmt.Sprintf("%d-%02d-01", year-1-rng.IntN(5), 1+rng.IntN(12))
	}
	if f.backbone && !live {
		f.machines = 20 + rng.IntN(280)
		f.nc = int(float64(f.machines) * (0.45 + 0.4*rng.Float64()))
		f.networked = int(float64(f.machines) * (0.3 + 0.5*rng.Float64()))
	}
}

// sheetOf writes the firms of the region as a list that the registry imports.
func sheetOf(firms []synthetic, region string, year int) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	head := []string{"统一社会信用代码", "企业名称", "行政区划代码", "行业代码", "规上企业", "骨干企业", "块状经济", "MES启用日", "ERP启用日", "SCM启用日", "PLM启用日", "上云日"}
	for _, y := range []int{year - 1, year} {
		head = append(head, fmt.Sprintf("%d年销售收入（万元）", y), fmt.Sprintf("%d年从业人员（人）", y))
	}
	errs := []error{w.Write(head)}
	yes := map[bool]string{true: "是", false: "否"}
	for _, f := range firms {
		if !strings.HasPrefix(f.county, region) {
			continue
		}
		backbone := ""
		if f.backbone {
			backbone = "2018-01-01"
		}
		line := []string{
			f.code, f.name, f.county, f.class, yes[f.aboveScale], backbone, f.cluster,
			f.systems["mes"], f.systems["erp"], f.systems["scm"], f.systems["plm"], f.cloud,
		}
		for _, s := range f.sales {
			line = append(line, strconv.FormatFloat(s, 'f', 1, 64), strconv.Itoa(f.staff))
		}
		errs = append(errs, w.Write(line))
	}
	w.Flush()
	return b.Bytes(), errors.Join(append(errs, w.Error())...)
}

// plantFileOf writes the plants of firms as a plant file: four to eight machines
// each, in two shifts, behind one address a firm.
func plantFileOf(firms []synthetic) []byte {
	var b strings.Builder
	b.WriteString(`schema: zhigai.plant/1
calendars:
  - code: two-shifts
    name: {zh: 两班制, en: two shifts}
    zone: Asia/Shanghai
    shifts:
      - {code: early, name: {zh: 早班, en: early shift}, start: "06:00", end: "14:00", weekdays: [1, 2, 3, 4, 5, 6, 7], breaks: [{start: "10:00", end: "10:20"}]}
      - {code: late, name: {zh: 中班, en: late shift}, start: "14:00", end: "22:00", weekdays: [1, 2, 3, 4, 5, 6, 7], breaks: [{start: "18:00", end: "18:20"}]}
products:
  - {code: 6204-2rs, name: {zh: 6204-2RS 深沟球轴承, en: 6204-2RS deep groove ball bearing}}
  - {code: 6305, name: {zh: 6305 深沟球轴承, en: 6305 deep groove ball bearing}}
nodes:
`)
	for _, f := range firms {
		at := fmt.Sprintf("firm-%02d", f.live)
		fmt.Fprintf(&b, "  - {path: %[1]s, level: enterprise, name: {zh: %[2]s}}\n  - {path: %[1]s/works, level: site, name: {zh: 厂区, en: works}, calendar: two-shifts}\n"+
			"  - {path: %[1]s/works/hall-%[3]d, level: area, name: {zh: 车间, en: hall}}\n  - {path: %[1]s/works/hall-%[3]d/line-1, level: line, name: {zh: 1线, en: line 1}}\n", at, strconv.Quote(f.name), f.live)
		machines := 4 + f.live%5
		for i := range machines {
			class, name, ms := "lathe", "车床", 17_000+500*f.live+300*i
			switch {
			case i == machines-1:
				class, name, ms = "furnace", "热处理炉", ms/4
			case i == machines-2:
				class, name, ms = "superfinisher", "超精机", ms/2
			}
			fmt.Fprintf(&b, "  - {path: %s/works/hall-%d/line-1/%s-%d, level: equipment, name: {zh: %d号%s, en: %s %d}, equipment: {class: %s, profile: demo-%s, device: {driver: modbus-tcp, address: \"{modbus-%s}\", params: {unit: \"%d\"}}, nc: %t, cycles: [{product: 6204-2rs, pru_ms: %d}, {product: 6305, pru_ms: %d}]}}\n",
				at, f.live, class, i+1, i+1, name, class, i+1, class, class, at, i+1, i%3 != 0, ms, ms+ms/8)
		}
	}
	return []byte(b.String())
}
