package atlas

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const square = `[[[120.0,29.0],[121.0,29.0],[121.0,30.0],[120.0,30.0],[120.0,29.0]]]`

func file(features ...string) string {
	return `{"type":"FeatureCollection","approval":"浙S(2023)1号","source":"测绘局","features":[` + strings.Join(features, ",") + `]}`
}

func division(code, kind, coordinates string) string {
	return `{"type":"Feature","properties":{"code":` + code + `,"name":"x"},"geometry":{"type":"` + kind + `","coordinates":` + coordinates + `}}`
}

func TestRead(t *testing.T) {
	high := strings.ReplaceAll(square, "29.0]", "29.0,3]")
	got, err := Read([]byte(file(division(`"330624"`, "Polygon", square), division(`330602`, "MultiPolygon", "["+square+","+high+"]"))))
	if err != nil {
		t.Fatal(err)
	}
	ring := [][2]float64{{120, 29}, {121, 29}, {121, 30}, {120, 30}, {120, 29}}
	want := Map{Approval: "浙S(2023)1号", Source: "测绘局", Divisions: []Division{
		{"330602", [][][][2]float64{{ring}, {ring}}}, {"330624", [][][][2]float64{{ring}}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v; want %+v", got, want)
	}
}

func TestRead_SaysWhatIsWrong(t *testing.T) {
	one := division(`"330624"`, "Polygon", square)
	for text, want := range map[string]string{
		`{`: "GeoJSON", `[]`: "GeoJSON", `{"type":"Feature"}`: "FeatureCollection",
		strings.Replace(file(one), "浙S(2023)1号", " ", 1): "审图号",
		file(): "0 features", file(one, one): "330624 is there twice",
		file(division(`"33"`, "Polygon", square)):                                                           "six digits",
		file(division(`"330624"`, "Point", `[1,2]`)):                                                        "Polygon or MultiPolygon",
		file(division(`"330624"`, "Polygon", `[]`)):                                                         "without a ring",
		file(division(`"330624"`, "MultiPolygon", `[]`)):                                                    "no polygon",
		file(division(`"330624"`, "Polygon", `[[[1,2],[3,4],[1,2]]]`)):                                      "3 points",
		file(division(`"330624"`, "Polygon", strings.Replace(square, "[120.0,29.0]]", "[120.0,29.5]]", 1))): "not closed",
		file(division(`"330624"`, "Polygon", strings.ReplaceAll(square, "120.0", "40512345.2"))):            "not metres",
		strings.Repeat("[", 40):                                                                             "deeper",
	} {
		if _, err := Read([]byte(text)); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v; want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(file(division(`"330624"`, "Polygon", square), division(`330602`, "MultiPolygon", "["+square+"]"))))
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"properties":null,"geometry":null}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Read(raw)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Error(err)
			}
			return
		}
		for _, d := range m.Divisions {
			if len(d.Code) != 6 || len(d.Polygons) == 0 {
				t.Errorf("%+v", d)
			}
		}
	})
}
