package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/chromedp"
)

// The widths at which every page is looked at: a desk and a telephone.
const (
	wide   = 1440
	narrow = 390
)

// lacks is what a person with a keyboard or a screen reader would stumble over in the page as it is now.
const lacks = `(() => {
	const out = [], text = e => (e.innerText || e.textContent || "").trim();
	const named = e => e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.labels && e.labels.length || text(e) || e.title;
	for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, progress, summary")) {
		if (!named(e) && !e.hidden) { out.push("no name: " + e.outerHTML.slice(0, 120)); }
	}
	for (const e of document.querySelectorAll("img:not([alt])")) { out.push("no alt: " + e.src); }
	const ids = [...document.querySelectorAll("[id]")].map(e => e.id);
	for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) { out.push("id twice: " + id); }
	let level = 0;
	const heads = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
	if (heads.filter(h => h.tagName === "H1").length !== 1) { out.push("not one h1"); }
	for (const h of heads) {
		const n = +h.tagName[1];
		if (n > level + 1) { out.push("h" + level + " is followed by h" + n + ": " + text(h)); }
		level = n;
	}
	if (!/^(zh|zh-CN|en)$/.test(document.documentElement.lang)) { out.push("lang: " + document.documentElement.lang); }
	if (!document.title.trim()) { out.push("no title"); }
	return out;
})()`

// over names what sticks out at the right of the page, where it may not be scrolled to.
const over = `(() => {
	const limit = document.documentElement.clientWidth, boxed = e => {
		for (let b = e.parentElement; b; b = b.parentElement) {
			if (["auto", "scroll", "hidden"].includes(getComputedStyle(b).overflowX)) { return true; }
		}
		return false;
	};
	return [...document.querySelectorAll("body *")].filter(e => {
		const r = e.getBoundingClientRect();
		return r.width > 0 && r.right > limit + 0.5 && !boxed(e) && getComputedStyle(e).position !== "fixed";
	}).map(e => e.tagName + "." + e.className + " to " + Math.round(e.getBoundingClientRect().right));
})()`

// look holds the page against what every page has to keep: everything has a name, headings are in order, and on a telephone
// nothing is wider than the screen. With ZHIXIN_SHOTS it takes pictures.
func (p *person) look(name string) {
	p.t.Helper()
	for _, lack := range sees[[]string](p, lacks) {
		p.t.Errorf("%s (%s): %s", name, p.at(), lack)
	}
	p.picture(name, wide)
	p.do("take a telephone", chromedp.EmulateViewport(narrow, 844, chromedp.EmulateMobile))
	if w := sees[int](p, `document.documentElement.scrollWidth`); w > narrow {
		p.t.Errorf("%s (%s) is %d pixels wide on a screen of %d: %v", name, p.at(), w, narrow, sees[[]string](p, over))
	}
	p.picture(name, narrow)
	p.do("go back to the desk", chromedp.EmulateViewport(wide, 900))
}

func (p *person) picture(name string, width int) {
	p.t.Helper()
	dir := os.Getenv(shotsEnv)
	if dir == "" {
		return
	}
	raw, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(dir, 0o750)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, width)), raw, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}
