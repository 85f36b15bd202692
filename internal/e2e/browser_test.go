package e2e_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"zhixin/internal/dbtest"
)

// shotsEnv names a folder into which pictures of every page passed are put, 1440 and 390 pixels wide.
const shotsEnv = "ZHIXIN_SHOTS"

// patience is how long a person waits for anything before the test gives up.
const patience = 90 * time.Second

// chromium is a browser that has never been used, and that finds nothing in the world but this machine.
type chromium struct{ ctx context.Context }

func launch(t *testing.T) chromium {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		dbtest.Skip(t, "no chromium; apt-get install chromium")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(wide, 900),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"), chromedp.Flag("accept-lang", "zh-CN,zh"), chromedp.Flag("lang", "zh-CN")}
	for _, name := range []string{"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-breakpad", "disable-dev-shm-usage", "hide-scrollbars"} {
		options = append(options, chromedp.Flag(name, true))
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, closeAll := chromedp.NewContext(ctx)
	t.Cleanup(closeAll)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("chromium does not start: %v", err)
	}
	return chromium{ctx}
}

// person sits at a browser of the own, with cookies that nobody else has.
type person struct {
	t     *testing.T
	ctx   context.Context
	base  string
	files string // where downloads go

	mu    sync.Mutex
	wrong []string // what the browser complained of
	below []string // addresses whose answers are meant to be refusals
}

// visitor opens a browser at nobody's desk.
func (b chromium) visitor(t *testing.T, c *city) *person {
	t.Helper()
	p := &person{t: t, base: c.base, files: t.TempDir()}
	ctx, leave := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(func(*target.CreateBrowserContextParams) {}), chromedp.WithListener(p.hear))
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // the window lives as long as the context of its first step
		t.Fatal(err)
	}
	p.do("open a window", chromedp.EmulateViewport(wide, 900))
	events := true
	_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName,
		BrowserContextID: chromedp.FromContext(ctx).BrowserContextID, DownloadPath: p.files, EventsEnabled: &events})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		leave()
		for _, w := range p.wrong {
			t.Errorf("the browser complained: %s", w)
		}
	})
	return p
}

// employee opens a browser and logs in.
func (b chromium) employee(t *testing.T, c *city, login string) *person {
	t.Helper()
	p := b.visitor(t, c)
	p.open("/work")
	p.logIn(login, password)
	if !p.has(".zx-person") {
		p.fail("%s is not in after the login", login)
	}
	return p
}

func (p *person) logIn(login, secret string) {
	p.t.Helper()
	p.fill("#login", login)
	p.fill("#password", secret)
	p.follow("form[action='/work/login'] button")
}

// hear notes what a developer would see in red: errors of scripts, broken resources, violations of the page's policy.
func (p *person) hear(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev := ev.(type) {
	case *log.EventEntryAdded:
		e := ev.Entry
		for _, address := range p.below {
			if e.Source == log.EntrySourceNetwork && strings.Contains(e.URL, address) {
				return
			}
		}
		if e.Level == log.EntryLevelError || e.Level == log.EntryLevelWarning {
			p.wrong = append(p.wrong, fmt.Sprintf("%s %s: %s (%s)", e.Source, e.Level, e.Text, e.URL))
		}
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			p.wrong = append(p.wrong, fmt.Sprintf("console %s: %s", ev.Type, ev.Args[0].Value))
		}
	case *runtime.EventExceptionThrown:
		p.wrong = append(p.wrong, "exception: "+ev.ExceptionDetails.Text+" "+ev.ExceptionDetails.URL)
	}
}

// refused says that answers of this address may be errors: a browser complains of them, and rightly.
func (p *person) refused(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.below = append(p.below, path)
}

// fail ends the test with what the person sees.
func (p *person) fail(format string, args ...any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	seen, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.querySelector("main") || document.body).innerText`))
	if dir := os.Getenv(shotsEnv); dir != "" {
		if raw, err := chromedp.Run(ctx, chromedp.FullScreenshot(100)); err == nil {
			_ = os.WriteFile(filepath.Join(dir, "failed-"+plain(p.t.Name())+".png"), raw, 0o600)
		}
	}
	if r := []rune(seen); len(r) > 1500 {
		seen = string(r[:1500]) + "…"
	}
	p.t.Fatalf(format+"\nseen: %s", append(args, seen)...)
}

// do takes steps that must work within patience.
func (p *person) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.fail("%s: %v", what, err)
	}
}

// loading takes a step and waits until the page it leads to has loaded.
func (p *person) loading(what string, step chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, step)); err != nil {
		p.fail("%s: %v", what, err)
	}
}

// open types a path into the address bar.
func (p *person) open(path string) {
	p.t.Helper()
	p.do("open "+path, chromedp.Navigate(p.base+path))
}

// follow clicks on what leads to another page.
func (p *person) follow(sel string) {
	p.t.Helper()
	p.loading("follow "+sel, chromedp.Click(sel, chromedp.NodeVisible))
}

func (p *person) click(sel string) {
	p.t.Helper()
	p.do("click "+sel, chromedp.Click(sel, chromedp.NodeVisible))
}

// fill types into a field what stands there afterwards.
func (p *person) fill(sel, text string) {
	p.t.Helper()
	p.do("fill "+sel, chromedp.Clear(sel), chromedp.SendKeys(sel, text))
}

func (p *person) choose(sel, value string) {
	p.t.Helper()
	p.do("choose "+value, chromedp.SetValue(sel, value))
}

func (p *person) press(keys string) {
	p.t.Helper()
	p.do("press a key", chromedp.KeyEvent(keys))
}

// sees returns the value of an expression in the page.
func sees[T any](p *person, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.fail("%s: %v", expression, err)
	}
	return v
}

func (p *person) has(sel string) bool {
	p.t.Helper()
	return sees[bool](p, fmt.Sprintf(`document.querySelector(%q) !== null`, sel))
}

// texts returns what stands in all that sel selects.
func (p *person) texts(sel string) []string {
	p.t.Helper()
	return sees[[]string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.innerText.replace(/\s+/g, " ").trim())`, sel))
}

// text returns what stands in the one thing that sel selects.
func (p *person) text(sel string) string {
	p.t.Helper()
	all := p.texts(sel)
	if len(all) == 0 {
		p.fail("there is no %s", sel)
	}
	return all[0]
}

// reads says what of the words does not stand in the page.
func (p *person) reads(words ...string) {
	p.t.Helper()
	seen := sees[string](p, `document.querySelector("main").innerText + document.querySelector("main").textContent`)
	for _, w := range words {
		if !strings.Contains(seen, w) {
			p.t.Errorf("%s does not say %q", p.at(), w)
		}
	}
}

// at returns the path and query of the page.
func (p *person) at() string {
	p.t.Helper()
	u, err := url.Parse(sees[string](p, `location.href`))
	if err != nil {
		p.fail("%v", err)
	}
	return u.RequestURI()
}

// awaits waits until an expression in the page becomes true.
func (p *person) awaits(what, expression string) {
	p.t.Helper()
	within(p.t, what, func() bool { return sees[bool](p, expression) })
}

// downloads clicks on what hands out a file and returns its name and content.
func (p *person) downloads(sel string) (name string, content []byte) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	begins, ends := chromedp.BrowserEvents(ctx, browser.DownloadWillBegin), chromedp.BrowserEvents(ctx, browser.DownloadProgress)
	p.click(sel)
	id := ""
	for ev, err := range begins {
		if err != nil {
			p.fail("download %s: %v", sel, err)
		}
		id, name = ev.GUID, ev.SuggestedFilename
		break
	}
	for ev, err := range ends {
		if err != nil || ev.GUID == id && ev.State == browser.DownloadProgressStateCanceled {
			p.fail("download %s: %v %v", sel, ev, err)
		}
		if ev.GUID == id && ev.State == browser.DownloadProgressStateCompleted {
			break
		}
	}
	content, err := os.ReadFile(filepath.Join(p.files, id))
	if err != nil {
		p.t.Fatal(err)
	}
	return name, content
}

// scripts switches the scripts of pages on or off; what the tests evaluate runs all the same.
func (p *person) scripts(on bool) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		p.t.Fatal(err)
	}
}

func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == ' ' {
			return '-'
		}
		return r
	}, name)
}

// setFile chooses a file of this machine in a form.
func setFile(sel, path string) chromedp.Action[chromedp.Void] {
	return chromedp.SetUploadFiles(sel, []string{path})
}

func evaluateNothing(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](expression)
}

func enter() chromedp.Action[chromedp.Void] { return chromedp.KeyEvent(kb.Enter) }
