package word

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/connect/peer"
)

func sample() *Document {
	d := New("报告 <&>", time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC))
	d.Title("诊断报告")
	d.Heading(1, "一、结果")
	d.Heading(9, "最低一级")
	d.Text("第一段 \"引号\" <尖括号>\n第二段 𠮷 \x01")
	d.Table([]Column{{Head: "要求", Width: 60}, {Head: "得分", Width: 30, Right: true}}, [][]string{{"两\n行", "0.8"}, {"缺一列"}})
	d.Table([]Column{{Head: "空表", Width: 60}}, nil)
	return d
}

func written(t *testing.T, d *Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDocument_IsReadByAnotherProgram: python-docx finds every paragraph with its
// style and every cell.
func TestDocument_IsReadByAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	file, text := filepath.Join(dir, "a.docx"), filepath.Join(dir, "a.txt")
	if err := os.WriteFile(file, written(t, sample()), 0o600); err != nil {
		t.Fatal(err)
	}
	peer.Python(t, "../..", "files/document.py", "docx", "apt-get install python3-docx", file, text).Wait("written")
	got, err := os.ReadFile(text)
	want := strings.Join([]string{
		"title 报告 <&>", "Title 诊断报告", "Heading 1 一、结果", "Heading 3 最低一级", "Normal 第一段 \"引号\" <尖括号>", "Normal 第二段 𠮷 \uFFFD", "Normal ", "Normal ",
		"table 3 2", "要求 | 得分", "两\n行 | 0.8", "缺一列 | ", "table 1 1", "空表", "",
	}, "\n")
	if err != nil || string(got) != want {
		t.Errorf("%v; read:\n%s\nwant:\n%s", err, got, want)
	}
}

func TestDocument_SameCallsSameBytes(t *testing.T) {
	if !bytes.Equal(written(t, sample()), written(t, sample())) {
		t.Error("the same calls gave other bytes")
	}
}
