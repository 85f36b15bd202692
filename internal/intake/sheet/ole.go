package sheet

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"

	"zhixin/internal/fault"
)

// A compound file holds streams as chains of sectors, with a table that says which sector follows which. Old Excel and WPS
// files are such files, and encrypted new ones.

const (
	oldMost    = 200 << 20 // bytes of an old workbook: 65,536 rows of 256 columns are all that the format knows
	noSector   = 0xfffffffa
	miniSector = 64
	miniCutoff = 4096
)

// chain is a stream.
type chain struct {
	src     io.ReaderAt
	sectors []uint32
	each    int64 // bytes of a sector
	base    int64 // where sector 0 begins
	size    int64
}

// ReadAt implements [io.ReaderAt].
func (c *chain) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) && at < c.size {
		i := at / c.each
		if i >= int64(len(c.sectors)) {
			return n, io.ErrUnexpectedEOF
		}
		within := at % c.each
		piece := p[n:min(int64(len(p)), int64(n)+c.each-within, int64(n)+c.size-at)]
		got, err := c.src.ReadAt(piece, c.base+int64(c.sectors[i])*c.each+within)
		n, at = n+got, at+int64(got)
		if got < len(piece) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// compound is a compound file, opened.
type compound struct {
	src     io.ReaderAt
	each    int64
	next    []uint32         // which sector follows each
	streams map[string]entry // by name in small letters
	root    entry
	mini    uint32 // first sector of the table of the small streams
}

type entry struct {
	first uint32
	size  int64
}

// openCompound reads the tables of a compound file, which are bounded by its size.
func openCompound(f io.ReaderAt, size int64) (*compound, error) {
	if size > oldMost {
		return nil, fault.New(fault.TooLarge, "sheet.old_too_large", oldMost>>20)
	}
	head := make([]byte, 512)
	if err := readFull(f, head, 0); err != nil {
		return nil, err
	}
	shift := binary.LittleEndian.Uint16(head[0x1e:])
	if shift != 9 && shift != 12 {
		return nil, errDamaged
	}
	c := &compound{src: f, each: 1 << shift, streams: map[string]entry{}, mini: binary.LittleEndian.Uint32(head[0x3c:])}
	if err := c.table(head, size); err != nil {
		return nil, err
	}
	return c, c.directory(binary.LittleEndian.Uint32(head[0x30:]))
}

// readFull reads all of p; the end of the file before that is damage.
func readFull(f io.ReaderAt, p []byte, at int64) error {
	n, err := f.ReadAt(p, at)
	switch {
	case n == len(p):
		return nil
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errDamaged
	}
	return err
}

func (c *compound) sector(n uint32, p []byte) error { return readFull(c.src, p, (int64(n)+1)*c.each) }

// table reads which sector follows which. Where its own sectors are, the header says, and further sectors behind it.
func (c *compound) table(head []byte, size int64) error {
	most := int(size/c.each) + 1
	buf := make([]byte, c.each)
	add := func(list []byte) error {
		for ; len(list) >= 4 && len(c.next) < most; list = list[4:] {
			n := binary.LittleEndian.Uint32(list)
			if n >= noSector {
				continue
			}
			part := make([]byte, c.each)
			if err := c.sector(n, part); err != nil {
				return err
			}
			for ; len(part) > 0; part = part[4:] {
				c.next = append(c.next, binary.LittleEndian.Uint32(part))
			}
		}
		return nil
	}
	if err := add(head[0x4c:512]); err != nil {
		return err
	}
	more := binary.LittleEndian.Uint32(head[0x44:])
	for i := 0; more < noSector && i < most && len(c.next) < most; i++ {
		if err := c.sector(more, buf); err != nil {
			return err
		}
		if err := add(buf[:c.each-4]); err != nil {
			return err
		}
		more = binary.LittleEndian.Uint32(buf[c.each-4:])
	}
	return nil
}

// follow returns the sectors from first on.
func follow(next []uint32, first uint32, most int) ([]uint32, error) {
	var out []uint32
	for n := first; n < noSector; n = next[n] {
		if int64(n) >= int64(len(next)) || len(out) > len(next) {
			return nil, errDamaged
		}
		if len(out) >= most {
			break
		}
		out = append(out, n)
	}
	return out, nil
}

// directory reads the names of the streams.
func (c *compound) directory(first uint32) error {
	sectors, err := follow(c.next, first, 256)
	if err != nil {
		return err
	}
	buf := make([]byte, c.each)
	for _, n := range sectors {
		if err := c.sector(n, buf); err != nil {
			return err
		}
		for at := 0; at+128 <= len(buf); at += 128 {
			e := buf[at : at+128]
			length := int(binary.LittleEndian.Uint16(e[64:]))
			if length < 2 || length > 64 {
				continue
			}
			found := entry{binary.LittleEndian.Uint32(e[116:]), int64(binary.LittleEndian.Uint32(e[120:]))}
			switch e[66] {
			case 2:
				name := strings.ToLower(utf16le(e[:length-2])) // some programs write WORKBOOK
				if _, twice := c.streams[name]; !twice {
					c.streams[name] = found
				}
			case 5:
				c.root = found
			}
		}
	}
	return nil
}

func utf16le(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// stream opens a stream. Small ones lie in pieces of 64 bytes in a stream of their own.
func (c *compound) stream(e entry) (*chain, error) {
	big := func(e entry) (*chain, error) {
		sectors, err := follow(c.next, e.first, int(e.size/c.each)+1)
		return &chain{src: c.src, sectors: sectors, each: c.each, base: c.each, size: e.size}, err
	}
	if e.size >= miniCutoff {
		return big(e)
	}
	small, err := big(c.root)
	if err != nil {
		return nil, err
	}
	sectors, err := follow(c.next, c.mini, len(c.next))
	if err != nil {
		return nil, err
	}
	var next []uint32
	buf := make([]byte, c.each)
	for _, n := range sectors {
		if err := c.sector(n, buf); err != nil {
			return nil, err
		}
		for i := 0; i < len(buf); i += 4 {
			next = append(next, binary.LittleEndian.Uint32(buf[i:]))
		}
	}
	pieces, err := follow(next, e.first, miniCutoff/miniSector)
	return &chain{src: small, sectors: pieces, each: miniSector, size: e.size}, err
}
