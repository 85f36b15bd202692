package web

import (
	"zhixin/internal/document"
)

// Paper is a paper as pages show it.
type Paper struct {
	Head, Title, Number string
	Blocks              []PaperBlock
}

// PaperBlock is one piece of a paper below its heading.
type PaperBlock struct {
	Class string // of the style: zx-flush, zx-sign, or "" for a paragraph
	Text  string
	Heads []string // of an annex
	Rows  [][]string
}

// PaperOf returns a paper for a page. The number is empty for a draft.
func PaperOf(d document.Paper) Paper {
	p := Paper{Head: d.Body.Text(document.Head), Title: d.Body.Text(document.Title), Number: d.Number}
	for _, b := range d.Body.Blocks {
		switch b.Role {
		case document.Head, document.Title, document.Number:
		case document.Addressee:
			p.Blocks = append(p.Blocks, PaperBlock{Class: "zx-flush", Text: b.Text})
		case document.Signature, document.DayLine:
			p.Blocks = append(p.Blocks, PaperBlock{Class: "zx-sign", Text: b.Text})
		case document.Annex:
			block := PaperBlock{Class: "zx-flush", Text: b.Text}
			if len(b.Rows) > 0 {
				block.Heads, block.Rows = b.Rows[0], b.Rows[1:]
			}
			p.Blocks = append(p.Blocks, block)
		default:
			p.Blocks = append(p.Blocks, PaperBlock{Text: b.Text})
		}
	}
	return p
}
