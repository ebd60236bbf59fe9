package paper

// Column of a table: its head in both languages and its share of the width.
type Column struct {
	ZH, EN string
	W      float64 // mm
	Right  bool
}

// Col is a column of text, w mm wide.
func Col(zh, en string, w float64) Column { return Column{zh, en, w, false} }

// Num is a column of numbers, which stand at its right.
func Num(zh, en string, w float64) Column { return Column{zh, en, w, true} }

// Cell of a row.
type Cell struct {
	Text   string
	Colour Colour
}

// Plain is a cell in black.
func Plain(text string) Cell { return Cell{text, Black} }

// Coloured is a cell in another colour.
func Coloured(text string, c Colour) Cell { return Cell{text, c} }

const (
	tableSize = 8.0
	lineStep  = 3.8
	padding   = 1.2
)

// Table draws rows below a head that is repeated on every page. A row is never
// cut, unless it is higher than a page.
func (s *Sheet) Table(columns []Column, rows [][]Cell) {
	s.Room(24)
	s.tableHead(columns)
	for _, row := range rows {
		s.Font(tableSize, Black)
		lines := make([][]string, len(columns))
		high := 1
		for i := range columns {
			lines[i] = s.wrap(row[i].Text, columns[i].W-2*padding)
			high = max(high, len(lines[i]))
		}
		for first := 0; first < high; {
			fits := int((Bottom - 4 - s.Y - 2*padding) / lineStep)
			left := high - first
			if fits < left && (left <= 40 || fits < 4) {
				s.Page()
				s.tableHead(columns)
				fits = int((Bottom - 4 - s.Y - 2*padding) / lineStep)
			}
			n := min(left, fits)
			s.row(columns, row, lines, first, n)
			first += n
		}
	}
	s.Y += 3
}

// row draws n lines of a row from the first on.
func (s *Sheet) row(columns []Column, row []Cell, lines [][]string, first, n int) {
	x := Margin
	for i, c := range columns {
		s.Font(tableSize, row[i].Colour)
		for k := first; k < first+n && k < len(lines[i]); k++ {
			left := x + padding
			if c.Right {
				left = x + c.W - padding - s.Measure(lines[i][k])
			}
			s.put(left, s.Y+padding+float64(k-first)*lineStep, lines[i][k])
		}
		x += c.W
	}
	s.Y += float64(n)*lineStep + 2*padding
	s.line(s.Y)
}

func (s *Sheet) tableHead(columns []Column) {
	s.Font(tableSize, Black)
	high := 1
	heads := make([][]string, len(columns))
	total := 0.0
	for i, c := range columns {
		heads[i] = s.wrap(c.ZH, c.W-2*padding)
		if c.EN != "" {
			heads[i] = append(heads[i], s.wrap(c.EN, c.W-2*padding)...)
		}
		high = max(high, len(heads[i]))
		total += c.W
	}
	h := float64(high)*lineStep + 2*padding
	s.PDF.SetFillColor(Head[0], Head[1], Head[2])
	s.PDF.Rect(Margin, s.Y, total, h, "F")
	x := Margin
	for i, c := range columns {
		for k, line := range heads[i] {
			left := x + padding
			if c.Right {
				left = x + c.W - padding - s.Measure(line)
			}
			s.put(left, s.Y+padding+float64(k)*lineStep, line)
		}
		x += c.W
	}
	s.Y += h
	s.line(s.Y)
}

// put writes a line whose characters are visible already.
func (s *Sheet) put(x, y float64, text string) {
	s.PDF.SetXY(x-s.PDF.GetCellMargin(), y)
	s.PDF.CellFormat(0, lineStep, text, "", 0, "L", false, 0, "")
}

func (s *Sheet) line(y float64) {
	s.PDF.SetDrawColor(Rule[0], Rule[1], Rule[2])
	s.PDF.SetLineWidth(0.2)
	s.PDF.Line(Margin, y, Margin+Width, y)
}

// Facts draws pairs of a name and a value, a pair a row.
func (s *Sheet) Facts(pairs [][2]string) {
	for _, pair := range pairs {
		s.Font(tableSize+0.5, Black)
		names := s.wrap(pair[0], 46)
		values := s.wrap(pair[1], Width-50)
		n := max(len(names), len(values))
		s.Room(float64(n)*lineStep + 1.5)
		s.Font(tableSize+0.5, Grey)
		for i, line := range names {
			s.put(Margin, s.Y+float64(i)*lineStep, line)
		}
		s.Font(tableSize+0.5, Black)
		for i, line := range values {
			s.put(Margin+50, s.Y+float64(i)*lineStep, line)
		}
		s.Y += float64(n)*lineStep + 1.5
	}
	s.Y += 2
}
