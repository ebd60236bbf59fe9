package draft_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"zhigai/connect/modbus"
	"zhigai/connect/profile"
	"zhigai/connect/profile/draft"
	"zhigai/connect/sparkplug"
	"zhigai/data"
	"zhigai/plant"
)

func words(t *testing.T) profile.Vocabulary {
	t.Helper()
	src, err := data.FS.ReadFile("vocabulary.yaml")
	must(t, err)
	v, err := profile.ReadVocabulary(src)
	must(t, err)
	return v
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const chinese = `某机床点表,,,,,,,
名称,描述,地址,数据类型,单位,系数,字节序,读写
P_total,有功功率,40013,浮点,W,,CDAB,只读
run,自动循环中,4x0002.3,布尔,,,,只读
,主轴转速,0x0010,字,r/min,,,
T1,主轴温度,30021,有符号16位,℃,0.1,,只读
分组标题,,,,,,,
setpt,速度设定,40031,UINT16,rpm,,,读写
sn,序列号,40041,String[16],,,,
`

// A list of a Chinese maker, as Excel writes it in any of its encodings.
func TestFromTable_ChineseList(t *testing.T) {
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(chinese)
	must(t, err)
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(chinese)
	must(t, err)
	book := excelize.NewFile()
	for i, line := range strings.Split(strings.TrimSpace(chinese), "\n") {
		for j, cell := range strings.Split(line, ",") {
			at, err := excelize.CoordinatesToCellName(j+1, i+1)
			must(t, err)
			must(t, book.SetCellStr("Sheet1", at, cell))
		}
	}
	var xlsx bytes.Buffer
	must(t, book.Write(&xlsx))
	for name, src := range map[string]string{
		"UTF-8": chinese, "UTF-8 with mark": "\xEF\xBB\xBF" + chinese, "GB 18030": gb, "UTF-16": utf16, "semicolons": strings.ReplaceAll(chinese, ",", ";"),
		"tabulators": strings.ReplaceAll(chinese, ",", "\t"), "Excel": xlsx.String(),
	} {
		t.Run(name, func(t *testing.T) { readChinese(t, []byte(src)) })
	}
}

func readChinese(t *testing.T, src []byte) {
	t.Helper()
	table, err := draft.Table(src)
	must(t, err)
	rows, err := draft.FromTable(table, "modbus-tcp")
	must(t, err)
	d := draft.Draft{ID: "a.b", Vendor: "a", Class: "lathe", Protocol: "modbus-tcp", Title: plant.Name{ZH: "车床", EN: "lathe"}, Source: "list", Rows: rows}
	file, notes, problems, err := d.Write(words(t), []profile.PointChecker{modbus.New()})
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v %v\n%s", err, problems, file)
	}
	p, problems := profile.Parse("a.b.yaml", file, []profile.PointChecker{modbus.New()})
	if p == nil {
		t.Fatal(problems)
	}
	var got strings.Builder
	for _, s := range p.Signals {
		scale, _ := s.Scaling()
		got.WriteString(strings.Join([]string{s.Name, s.Title.ZH, string(s.Kind), s.At, s.Unit}, " | "))
		if scale != 1 {
			got.WriteString(" | scaled")
		}
		got.WriteString("\n")
	}
	want := `power.active | 有功功率 | number | holding 12 float32 CDAB | kW | scaled
machine.running | 自动循环中 | boolean | holding 1.3 bool | 
spindle.speed | 主轴转速 | number | holding 16 uint16 | /min
temperature.spindle | 主轴温度 | number | input 20 int16 | Cel | scaled
setpt | 速度设定 | number | holding 30 uint16 | /min
device.serial | 序列号 | text | holding 40 string16 | 
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "row 8") || !strings.Contains(notes[0], "can be written") {
		t.Errorf("notes %q", notes)
	}
}

// What cannot be read is named with its row and how to mend it.
func TestFromTable_WrongLists(t *testing.T) {
	f := func(list string, says ...string) {
		t.Helper()
		table, err := draft.Table([]byte(list))
		must(t, err)
		rows, err := draft.FromTable(table, "modbus-tcp")
		for _, want := range says {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, %v; want %q", list, rows, err, want)
			}
		}
	}
	f("a,b\n1,2\n", "no heading", "write a first line")
	f("name,address,type\nx,49999999,INT\ny,40001,horse\n,40002,INT\n", "3 rows", "row 2: address", "row 3: type", "row 4: a value without a name")
	f("name,address,scale\nx,40001,much\n", `scale "much" is no number`)
	f("name,address\nx,40000\n", "row 2: address")
	f("name,address\nx,FFFFFH\n", "row 2: address")
}

// Addresses as manuals write them.
func TestFromTable_Addresses(t *testing.T) {
	f := func(address, form, want string) {
		t.Helper()
		rows, err := draft.FromTable([][]string{{"name", "address", "type"}, {"x", address, form}}, "modbus-tcp")
		if err != nil || len(rows) != 1 || rows[0].At != want {
			t.Errorf("%s %s: %+v, %v; want %s", address, form, rows, err, want)
		}
	}
	f("40001", "int", "holding 0 int16")
	f("400001", "real", "holding 0 float32")
	f("465536", "int", "holding 65535 int16")
	f("30011", "word", "input 10 uint16")
	f("00001", "bool", "coil 0 bool")
	f("10004", "", "discrete 3 bool")
	f("4x0012", "dword", "holding 11 uint32")
	f("0x1000", "uint16", "holding 4096 uint16")
	f("1000H", "uint16", "holding 4096 uint16")
	f("7", "uint16", "holding 7 uint16")
	f("40002.5", "bool", "holding 1.5 bool")
	f("input 4 float32 CDAB", "", "input 4 float32 CDAB")
}

// Two values that a list calls the same keep apart.
func TestDraft_NamesAreUnique(t *testing.T) {
	rows := []draft.Row{{Name: "电流", At: "a"}, {Name: "电流", At: "b"}, {Name: "Temp 1", At: "c"}, {Name: "temp_1", At: "d"}, {Name: "1号", At: "e"}, {Name: "link.state", At: "f"}}
	d := draft.Draft{ID: "a", Vendor: "a", Class: "a", Protocol: "sparkplug", Title: plant.Name{ZH: "a", EN: "a"}, Source: "list", Rows: rows}
	file, _, problems, err := d.Write(words(t), []profile.PointChecker{new(sparkplug.Driver)})
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v\n%s", err, problems, file)
	}
	if _, _, _, err := (&draft.Draft{Source: "an empty list"}).Write(words(t), nil); err == nil || !strings.Contains(err.Error(), "an empty list") {
		t.Errorf("an empty list: %v", err)
	}
}

const ethernetIP = `$ an electronic data sheet
[File]
        DescText = "Drive";
[Params]
        Param1 =
                0, 6, "20 04 24 01 30 03", 0x0010, 0xC7, 2,
                "Output Frequency", "Hz", "what it gives, now",
                0, 6000, 0, 1, 100, 1, 0, , , , , 2;
        Param2 = 0, , , 0, 0xC1, 1, "Running", "", "", 0, 1, 0, , , , , , , , , ;
        Param3 = 0, , , 0, 0xDA, 8, "Serial", "", "", , , , , , , , , , , , ;
`

const canOpen = `[DeviceInfo]
VendorName=Acme
[6044]
ParameterName=Motor speed
DataType=0x0003
AccessType=ro
LowLimit=-3000
HighLimit=3000
[2010]
ParameterName=Group
SubNumber=2
[2010sub1]
ParameterName=Enabled
DataType=0x0001
`

func TestFromEDS(t *testing.T) {
	f := func(sheet string, want string) {
		t.Helper()
		rows, err := draft.FromEDS([]byte(sheet))
		must(t, err)
		d := draft.Draft{ID: "a", Vendor: "a", Class: "inverter", Protocol: "sparkplug", Title: plant.Name{ZH: "a", EN: "a"}, Source: "sheet", Rows: rows}
		file, _, problems, err := d.Write(words(t), []profile.PointChecker{new(sparkplug.Driver)})
		if err != nil || len(problems) > 0 {
			t.Fatalf("%v %v\n%s", err, problems, file)
		}
		p, _ := profile.Parse("a.yaml", file, nil)
		var got []string
		for _, s := range p.Signals {
			scale, _ := s.Scaling()
			line := s.Name + " " + string(s.Kind) + " " + s.At + " " + s.Unit
			if scale == 0.01 {
				line += " ×0.01"
			}
			if s.Min != nil {
				line += " limited"
			}
			got = append(got, line)
		}
		if said := strings.Join(got, "\n"); said != want {
			t.Errorf("got\n%s\nwant\n%s", said, want)
		}
	}
	f(ethernetIP, "drive.frequency number Output Frequency Hz ×0.01\nrunning boolean Running \nserial text Serial ")
	f(canOpen, "enabled boolean Enabled \ndrive.speed number Motor speed /min limited")
	if _, err := draft.FromEDS([]byte("[File]\n")); err == nil || !strings.Contains(err.Error(), "Params") {
		t.Errorf("an empty sheet: %v", err)
	}
}

// FuzzTable: a list is a file from anywhere; whatever it holds, the answer is
// rows or an error.
func FuzzTable(f *testing.F) {
	f.Add([]byte(chinese))
	f.Add([]byte("name,address\nx,40001\n"))
	f.Add([]byte("\xFF\xFEn\x00"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, src []byte) {
		table, err := draft.Table(src)
		if err != nil {
			return
		}
		rows, err := draft.FromTable(table, "modbus-tcp")
		for _, r := range rows {
			if err == nil && modbus.New().CheckPoint(r.At, r.Kind) != nil && !strings.Contains(r.At, " ") {
				t.Errorf("%+v", r)
			}
		}
	})
}

// FuzzEDS: so is a data sheet.
func FuzzEDS(f *testing.F) {
	f.Add([]byte(ethernetIP))
	f.Add([]byte(canOpen))
	f.Fuzz(func(t *testing.T, src []byte) {
		rows, err := draft.FromEDS(src)
		if (len(rows) == 0) == (err == nil) {
			t.Errorf("%d rows and %v", len(rows), err)
		}
	})
}
