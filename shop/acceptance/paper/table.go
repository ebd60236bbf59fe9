package paper

// column of a table: its head in both languages and its share of the width.
type column struct {
	zh, en string
	w      float64 // mm
	right  bool
}

// cell of a row.
type cell struct {
	text string
	c    colour
}

func plain(text string) cell { return cell{text, black} }

const (
	tableSize = 8.0
	lineStep  = 3.8
	padding   = 1.2
)

// table draws rows below a head that is repeated on every page. A row is never
// cut, unless it is higher than a page.
func (s *sheet) table(columns []column, rows [][]cell) {
	s.room(24)
	s.tableHead(columns)
	for _, row := range rows {
		s.font(tableSize, black)
		lines := make([][]string, len(columns))
		high := 1
		for i := range columns {
			lines[i] = s.wrap(row[i].text, columns[i].w-2*padding)
			high = max(high, len(lines[i]))
		}
		for first := 0; first < high; {
			fits := int((bottom - 4 - s.y - 2*padding) / lineStep)
			left := high - first
			if fits < left && (left <= 40 || fits < 4) {
				s.page()
				s.tableHead(columns)
				fits = int((bottom - 4 - s.y - 2*padding) / lineStep)
			}
			n := min(left, fits)
			s.row(columns, row, lines, first, n)
			first += n
		}
	}
	s.y += 3
}

// row draws n lines of a row from the first on.
func (s *sheet) row(columns []column, row []cell, lines [][]string, first, n int) {
	x := margin
	for i, c := range columns {
		s.font(tableSize, row[i].c)
		for k := first; k < first+n && k < len(lines[i]); k++ {
			left := x + padding
			if c.right {
				left = x + c.w - padding - s.measure(lines[i][k])
			}
			s.put(left, s.y+padding+float64(k-first)*lineStep, lines[i][k])
		}
		x += c.w
	}
	s.y += float64(n)*lineStep + 2*padding
	s.line(s.y)
}

func (s *sheet) tableHead(columns []column) {
	s.font(tableSize, black)
	high := 1
	heads := make([][]string, len(columns))
	total := 0.0
	for i, c := range columns {
		heads[i] = s.wrap(c.zh, c.w-2*padding)
		if c.en != "" {
			heads[i] = append(heads[i], s.wrap(c.en, c.w-2*padding)...)
		}
		high = max(high, len(heads[i]))
		total += c.w
	}
	h := float64(high)*lineStep + 2*padding
	s.pdf.SetFillColor(head[0], head[1], head[2])
	s.pdf.Rect(margin, s.y, total, h, "F")
	x := margin
	for i, c := range columns {
		for k, line := range heads[i] {
			left := x + padding
			if c.right {
				left = x + c.w - padding - s.measure(line)
			}
			s.put(left, s.y+padding+float64(k)*lineStep, line)
		}
		x += c.w
	}
	s.y += h
	s.line(s.y)
}

// put writes a line whose characters are visible already.
func (s *sheet) put(x, y float64, text string) {
	s.pdf.SetXY(x-s.pdf.GetCellMargin(), y)
	s.pdf.CellFormat(0, lineStep, text, "", 0, "L", false, 0, "")
}

func (s *sheet) line(y float64) {
	s.pdf.SetDrawColor(rule[0], rule[1], rule[2])
	s.pdf.SetLineWidth(0.2)
	s.pdf.Line(margin, y, margin+width, y)
}

// facts draws pairs of a name and a value, a pair a row.
func (s *sheet) facts(pairs [][2]string) {
	for _, pair := range pairs {
		s.font(tableSize+0.5, black)
		names := s.wrap(pair[0], 46)
		values := s.wrap(pair[1], width-50)
		n := max(len(names), len(values))
		s.room(float64(n)*lineStep + 1.5)
		s.font(tableSize+0.5, grey)
		for i, line := range names {
			s.put(margin, s.y+float64(i)*lineStep, line)
		}
		s.font(tableSize+0.5, black)
		for i, line := range values {
			s.put(margin+50, s.y+float64(i)*lineStep, line)
		}
		s.y += float64(n)*lineStep + 1.5
	}
	s.y += 2
}
