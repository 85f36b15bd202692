package document

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/signintech/gopdf"
	qrcode "github.com/skip2/go-qrcode"

	"zhixin/internal/fault"
)

//go:embed all:font
var fonts embed.FS

// Measures of the sheet in points, after GB/T 9704: A4, a type area of 28 characters by 22 lines of 16 points (三号).
const (
	left      = 76.5
	textWidth = 448.0
	top       = 104.9
	bottom    = top + 637.8
	smallSize = 7.5
)

// grade is a size of the body text with its line pitch.
type grade struct{ size, pitch float64 }

// grades are the sizes that a paper may have: 三号, and where that would carry its signature over to a second sheet, down
// to 四号. A paper that needs several sheets anyway has the first.
var grades = []grade{{16, 29}, {15, 26}, {14, 24}}

// The families of the fonts.
const (
	regular = "Regular"
	bold    = "Bold"
)

// geta stands for a character that the font does not have (下駄); a note below the paper names the character.
const geta = '〓'

// PDF prints a paper on A4. The QR code in the corner leads to verifyURL. The same paper and address always give the same
// bytes. A character that the font lacks is printed as 〓 and named in a note: no name is shortened silently.
func PDF(p Paper, verifyURL string) ([]byte, error) {
	s, err := newSheet(p)
	if err != nil {
		return nil, err
	}
	code, err := qrcode.New(verifyURL, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("document: qr of %s: %w", p.Number, err)
	}
	code.DisableBorder = true
	s.foot = func() { s.footer(p, verifyURL, code.Bitmap()) }
	s.grade = s.choose(p.Body.Blocks)
	s.newPage()
	s.body(p)
	if s.err != nil {
		return nil, fmt.Errorf("document: print %s: %w", p.Number, s.err)
	}
	raw, err := s.pdf.GetBytesPdfReturnErr()
	if err != nil {
		return nil, fmt.Errorf("document: print %s: %w", p.Number, err)
	}
	return raw, nil
}

// sheet is a paper being printed. The first error is kept in err and makes the rest do nothing of use.
type sheet struct {
	pdf     *gopdf.GoPdf
	y       float64 // top of the next line
	page    int
	foot    func()
	family  string // the font that is set
	size    float64
	grade   grade  // of the body text
	missing []rune // what the font lacks, in order of appearance
	err     error
}

func newSheet(p Paper) (*sheet, error) {
	s := &sheet{pdf: &gopdf.GoPdf{}}
	s.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	for _, family := range []string{regular, bold} {
		raw, err := fonts.ReadFile("font/NotoSansSC-" + family + ".ttf")
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fault.New(fault.Unavailable, "document.no_font")
		}
		if err != nil {
			return nil, fmt.Errorf("document: read font: %w", err)
		}
		if err := s.pdf.AddTTFFontData(family, raw); err != nil {
			return nil, fmt.Errorf("document: read font: %w", err)
		}
	}
	s.pdf.SetInfo(gopdf.PdfInfo{Title: p.Title + " " + p.Number, Author: p.Body.Text(Head), Subject: p.Number, Creator: "Zhixin",
		Producer: "Zhixin", CreationDate: p.Issued.UTC()})
	return s, nil
}

func (s *sheet) try(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *sheet) newPage() {
	s.pdf.AddPage()
	s.page, s.y = s.page+1, top
	family, size := s.family, s.size
	s.foot()
	if family != "" {
		s.font(family, size)
	}
}

// room starts a new page where h points do not fit on this one.
func (s *sheet) room(h float64) {
	if s.y+h > bottom+0.1 {
		s.newPage()
	}
}

func (s *sheet) font(family string, size float64) {
	s.family, s.size = family, size
	s.try(s.pdf.SetFont(family, "", size))
}

// safe replaces what the font lacks and remembers it.
func (s *sheet) safe(text string) string {
	return strings.Map(func(r rune) rune {
		ok, err := s.pdf.IsCurrFontContainGlyph(r)
		s.try(err)
		if ok || r == geta {
			return r
		}
		s.missing = append(s.missing, r)
		return geta
	}, text)
}

func (s *sheet) measure(text string) float64 {
	w, err := s.pdf.MeasureTextWidth(text)
	s.try(err)
	return w
}

// put writes text, already safe, with its left end at x and its baseline at y.
func (s *sheet) put(x, y float64, text string) {
	s.pdf.SetXY(x, y)
	s.try(s.pdf.Text(text))
}

// baseline is where a line of size stands in a line height.
func baseline(y, height, size float64) float64 { return y + height/2 + size*0.36 }

// centred prints lines of text in the middle of the type area.
func (s *sheet) centred(family string, size, height float64, text string) {
	s.font(family, size)
	for _, line := range wrap(s.safe(text), textWidth, s.measure) {
		s.room(height)
		s.put(left+(textWidth-s.measure(line))/2, baseline(s.y, height, size), line)
		s.y += height
	}
}

// paragraph prints lines of text; justified ones are as wide as the type area, but for the last.
func (s *sheet) paragraph(text string, justified bool) {
	s.font(regular, s.grade.size)
	lines := wrap(s.safe(text), textWidth, s.measure)
	for i, line := range lines {
		s.room(s.grade.pitch)
		line = strings.TrimRight(line, " ")
		slack := textWidth - s.measure(line)
		if n := float64(len([]rune(line)) - 1); justified && i < len(lines)-1 && n > 0 && slack > 0 && slack < 5*s.grade.size {
			s.try(s.pdf.SetCharSpacing(slack / n))
		}
		s.put(left, baseline(s.y, s.grade.pitch, s.grade.size), line)
		s.try(s.pdf.SetCharSpacing(0))
		s.y += s.grade.pitch
	}
}

// height returns how high lines of text will be.
func (s *sheet) height(family string, size, pitch float64, text string) float64 {
	s.font(family, size)
	return float64(len(wrap(s.plain(text), textWidth, s.measure))) * pitch
}

// plain is safe without remembering what is missing: the text is only measured.
func (s *sheet) plain(text string) string {
	before := len(s.missing)
	text = s.safe(text)
	s.missing = s.missing[:before]
	return text
}
