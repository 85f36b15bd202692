package document

import (
	"fmt"
	"strings"
)

// indent is the two characters by which a paragraph begins.
const indent = "\u3000\u3000"

// sealRadius is that of a seal of a government department, 42 mm across.
const sealRadius = 59.5

// signHeight is kept free on one page for the signature: two lines, and room above for the upper half of the seal.
func (g grade) signHeight() float64 { return 5 * g.pitch }

// heading says how head, title and number are printed.
var heading = map[Role]struct {
	family       string
	size, height float64
}{
	Head:   {bold, 20, 34},
	Title:  {bold, 22, 40},
	Number: {regular, 15, 28},
}

// gap stands between the number and the text.
const gap = 12.0

// choose returns the largest text size with which the paper, without its annex, fits on one sheet.
func (s *sheet) choose(blocks []Block) grade {
	for _, g := range grades {
		h := gap + g.signHeight() + s.noteHeight(blocks)
		for _, b := range blocks {
			switch how, ok := heading[b.Role]; {
			case ok:
				h += s.height(how.family, how.size, how.height, b.Text)
			case b.Role == Addressee:
				h += s.height(regular, g.size, g.pitch, b.Text)
			case b.Role == Text || b.Role == Remedy:
				h += s.height(regular, g.size, g.pitch, indent+b.Text)
			}
		}
		if h <= bottom-top {
			return g
		}
	}
	return grades[0]
}

// body prints the blocks of a paper.
func (s *sheet) body(p Paper) {
	blocks := p.Body.Blocks
	for i, b := range blocks {
		switch b.Role {
		case Head, Title, Number:
			how := heading[b.Role]
			s.centred(how.family, how.size, how.height, b.Text)
			if b.Role == Number {
				s.y += gap
			}
		case Addressee:
			s.paragraph(b.Text, false)
		case Text, Remedy:
			if i+1 < len(blocks) && blocks[i+1].Role == Signature { // a signature never stands alone on a page
				h := s.height(regular, s.grade.size, s.grade.pitch, indent+b.Text) + s.grade.signHeight()
				s.room(min(h, bottom-top))
			}
			s.paragraph(indent+b.Text, true)
		case Signature:
			s.signature(p, b.Text, p.Body.Text(DayLine))
		case Annex:
			s.note()
			s.newPage()
			s.annex(b)
		}
	}
	s.note()
}

// signature prints the authority and the day at the right, and where the seal goes: across both, its middle on the day.
func (s *sheet) signature(p Paper, authority, day string) {
	size, pitch := s.grade.size, s.grade.pitch
	s.room(s.grade.signHeight())
	s.font(regular, size)
	authority, day = s.safe(authority), s.safe(day)
	wide := max(s.measure(authority), s.measure(day))
	middle := left + textWidth - 2*size - max(wide/2, sealRadius-size)
	s.y += 2 * pitch
	s.seal(p, middle, s.y+pitch)
	s.font(regular, size)
	s.put(middle-s.measure(authority)/2, baseline(s.y, pitch, size), authority)
	s.put(middle-s.measure(day)/2, baseline(s.y+pitch, pitch, size), day)
	s.y += 3 * pitch
}

// seal draws where the seal goes; for a sealed paper it says when and how, since the picture of a seal proves nothing.
func (s *sheet) seal(p Paper, x, y float64) {
	s.font(regular, 9)
	if p.SealedOn != 0 {
		how := map[string]string{"electronic": "电子印章", "wet": "实物印章"}[p.SealedHow]
		if how == "" {
			how = p.SealedHow
		}
		text := s.safe(fmt.Sprintf("（已于%s加盖%s）", spell(p.SealedOn), how))
		s.put(x-s.measure(text)/2, y+1.75*s.grade.pitch, text)
		return
	}
	s.pdf.SetStrokeColor(190, 60, 60)
	s.pdf.SetLineWidth(0.6)
	s.pdf.SetLineType("dashed")
	s.pdf.Oval(x-sealRadius, y-sealRadius, x+sealRadius, y+sealRadius)
	s.pdf.SetLineType("solid")
	s.pdf.SetTextColor(190, 60, 60)
	const text = "（此处用印）"
	s.put(x-s.measure(text)/2, y-sealRadius*0.62, text)
	s.pdf.SetTextColor(0, 0, 0)
	s.pdf.SetStrokeColor(0, 0, 0)
}

// noteHeight keeps room for the note on what the font lacks, where it will be needed.
func (s *sheet) noteHeight(blocks []Block) float64 {
	s.font(regular, 9)
	for _, b := range blocks {
		if b.Role != Annex && s.plain(b.Text) != b.Text {
			return 28
		}
	}
	return 0
}

// note names the characters that had to be printed as 〓.
func (s *sheet) note() {
	if len(s.missing) == 0 {
		return
	}
	codes := make([]string, len(s.missing))
	for i, r := range s.missing {
		codes[i] = fmt.Sprintf("U+%04X", r)
	}
	s.missing = nil
	s.font(regular, 9)
	text := "注：文中“〓”处的字不在打印字库内，依次为" + strings.Join(codes, "、") + "；以平台所载电子文书为准。"
	for _, line := range wrap(text, textWidth, s.measure) {
		s.room(14)
		s.put(left, baseline(s.y, 14, 9), line)
		s.y += 14
	}
}

// footer prints what stands below every page: the page number, and how to check the paper.
func (s *sheet) footer(p Paper, verifyURL string, code [][]bool) {
	const size = 60.0 // of the QR code, 21 mm
	s.font(regular, 14)
	number := fmt.Sprintf("— %d —", s.page)
	s.put(left+(textWidth-s.measure(number))/2, bottom+28, number)
	x, y := left+textWidth-size, bottom+12.0
	s.pdf.SetFillColor(0, 0, 0)
	module := size / float64(len(code))
	for r, row := range code {
		for from := 0; from < len(row); {
			to := from
			for to < len(row) && row[to] == row[from] {
				to++
			}
			if row[from] { // one rectangle for each run of dark modules: no seams
				s.pdf.RectFromUpperLeftWithStyle(x+float64(from)*module, y+float64(r)*module, float64(to-from)*module, module+0.05, "F")
			}
			from = to
		}
	}
	s.font(regular, smallSize)
	s.pdf.SetTextColor(90, 90, 90)
	for i, text := range []string{"扫描右下角二维码，或访问以下网址，核验本文书：", verifyURL, "正文校验值（SHA-256）：" + p.Hash} {
		for _, line := range wrap(text, textWidth-size-10, s.measure)[:1] {
			s.put(left, bottom+50+float64(i)*11, line)
		}
	}
	s.pdf.SetTextColor(0, 0, 0)
}

// annex prints a table, its heading again on every page.
func (s *sheet) annex(b Block) {
	const size, height, pad = 10.5, 15.0, 4.0
	s.paragraph(b.Text, false)
	if len(b.Rows) == 0 {
		return
	}
	s.font(regular, size)
	widths := s.columns(b.Rows, size, pad)
	row := func(cells []string) {
		lines := make([][]string, len(widths))
		n := 1
		for i := range widths {
			if i < len(cells) {
				lines[i] = wrap(s.safe(cells[i]), widths[i]-2*pad+0.01, s.measure)
			}
			n = max(n, len(lines[i]))
		}
		h := float64(n)*height + pad
		x := left
		for i, w := range widths {
			s.pdf.RectFromUpperLeftWithStyle(x, s.y, w, h, "D")
			for k, line := range lines[i] {
				s.put(x+pad, baseline(s.y+pad/2+float64(k)*height, height, size), line)
			}
			x += w
		}
		s.y += h
	}
	s.pdf.SetLineWidth(0.5)
	row(b.Rows[0])
	for _, cells := range b.Rows[1:] {
		if s.y+4*height > bottom {
			s.newPage()
			s.font(regular, size)
			s.pdf.SetLineWidth(0.5)
			row(b.Rows[0])
		}
		row(cells)
	}
}

// columns shares the type area out among the columns by their widest cells.
func (s *sheet) columns(rows [][]string, size, pad float64) []float64 {
	widths := make([]float64, len(rows[0]))
	total := 0.0
	for i := range widths {
		for _, cells := range rows {
			if i < len(cells) {
				widths[i] = max(widths[i], s.measure(s.plain(cells[i])))
			}
		}
		widths[i] = min(widths[i], 20*size) + 2*pad
		total += widths[i]
	}
	for i := range widths {
		widths[i] *= textWidth / total
	}
	return widths
}
