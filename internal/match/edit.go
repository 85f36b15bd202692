package match

// edits returns the least number of characters that are wrong, missing, extra or swapped between two names, at most limit+1, and
// the characters in which they differ, of both.
func edits(a, b []rune, limit int) (n int, differ []rune) {
	a, b = middles(a, b)
	if max(len(a)-len(b), len(b)-len(a)) > limit {
		return limit + 1, nil
	}
	width := len(b) + 1
	rows := make([]int, (len(a)+1)*width)
	at := func(i, j int) *int { return &rows[i*width+j] }
	for i := range len(a) + 1 {
		*at(i, 0) = i
	}
	for j := range width {
		*at(0, j) = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			best := min(*at(i-1, j)+1, *at(i, j-1)+1, *at(i-1, j-1)+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				best = min(best, *at(i-2, j-2)+1)
			}
			*at(i, j) = best
		}
	}
	n = *at(len(a), len(b))
	if n > limit {
		return limit + 1, nil
	}
	for i, j := len(a), len(b); i > 0 || j > 0; { // the way back
		switch {
		case i > 0 && j > 0 && a[i-1] == b[j-1] && *at(i, j) == *at(i-1, j-1):
			i, j = i-1, j-1
		case i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] && *at(i, j) == *at(i-2, j-2)+1:
			i, j = i-2, j-2 // swapped: no character is another
		case i > 0 && j > 0 && *at(i, j) == *at(i-1, j-1)+1:
			differ = append(differ, a[i-1], b[j-1])
			i, j = i-1, j-1
		case i > 0 && *at(i, j) == *at(i-1, j)+1:
			differ = append(differ, a[i-1])
			i--
		default:
			differ = append(differ, b[j-1])
			j--
		}
	}
	return n, differ
}

// middles takes off what two names begin and end with in common.
func middles(a, b []rune) (x, y []rune) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b
}

// alike says how alike two parts of names are, in per cent of the longer one.
func alike(a, b string) int {
	if a == b {
		return 100
	}
	x, y := []rune(a), []rune(b)
	longer := max(len(x), len(y))
	n, _ := edits(x, y, longer)
	return 100 * (longer - n) / longer
}
