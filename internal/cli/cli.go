// Package cli is the command line: it reads flags, puts a node together and calls what pages and API call too.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"zhixin/internal/fault"
	"zhixin/internal/lang"
)

// The exit codes.
const (
	exitDone     = 0
	exitFailed   = 1
	exitWrongUse = 2
	exitRejected = 3 // done, but some rows were rejected
)

// commands is the grammar.
type commands struct {
	Serve    serveCmd    `cmd:"" help:"Run a node. 运行一个节点。"`
	Demo     demoCmd     `cmd:"" help:"Make a synthetic city; does not serve it. 生成虚拟城市。"`
	Import   importCmd   `cmd:"" help:"Run a file through intake to its end. 导入一个文件。"`
	Standing standingCmd `cmd:"" help:"The standing of an enterprise with its reasons. 企业的信用状况及理由。"`
	Gate     gateCmd     `cmd:"" help:"The gate's answer. 窗口查询。"`
	Verify   verifyCmd   `cmd:"" help:"Check offline what a node published. 离线核验。"`
	Log      logCmd      `cmd:"" help:"Save the audit log to a file. 导出日志。"`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database's schema up to date. 升级数据库结构。"`
	User     userCmd     `cmd:"" help:"Add a person or set a password. 增加人员或重设密码。"`
	Config   configCmd   `cmd:"" help:"Look at the configuration. 检查配置。"`
	Version  versionCmd  `cmd:"" help:"What this program is. 版本。"`
}

// shell is what a command works with: the streams, the clock and the sentences.
type shell struct {
	ctx      context.Context
	in       io.Reader
	out, err io.Writer
	env      func(string) string
	now      func() time.Time
	lang     *lang.Catalogue
	tag      lang.Tag
}

// errRejected is the error of a command that did its work but has rows to show.
var errRejected = errors.New("cli: some rows were rejected")

// Main runs the program and returns its exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks a second time does not want to wait
	words, err := lang.Load()
	if err != nil {
		fmt.Fprintln(stderr, "zhixin:", err)
		return exitFailed
	}
	sh := &shell{ctx: ctx, in: os.Stdin, out: stdout, err: stderr, env: os.Getenv, now: time.Now, lang: words, tag: lang.Match(locale(os.Getenv))}
	return sh.run(args)
}

// locale turns the shell's setting into a language: zh_CN.UTF-8 → zh.
func locale(env func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); len(v) >= 2 {
			return v[:2]
		}
	}
	return "en"
}

func (sh *shell) run(args []string) int {
	var grammar commands
	code := -1
	parser, err := kong.New(&grammar, kong.Name("zhixin"), kong.Description("质信: the quality credit platform of a city."),
		kong.Writers(sh.out, sh.err), kong.Exit(func(c int) { code = c }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(sh.err, "zhixin:", err)
		return exitFailed
	}
	if len(args) == 0 || args[0] == "help" {
		args = []string{"--help"}
	}
	cmd, err := parser.Parse(args)
	if code >= 0 { // --help has been answered
		return code
	}
	if err != nil {
		sh.tell(err)
		return exitWrongUse
	}
	return sh.exit(cmd.Run(sh))
}

// exit tells what went wrong and returns the exit code for it.
func (sh *shell) exit(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRejected):
		return exitRejected
	case sh.ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = fault.New(fault.Unavailable, "cli.interrupted")
	}
	sh.tell(err)
	if fault.Is(err, "catalog.unknown_kind") { // which kinds there are is known only with the database open
		return exitWrongUse
	}
	return exitFailed
}

// tell prints each of the errors that are joined in err: a fault in the reader's words, anything else as it is, because
// here the reader is whoever runs the machine.
func (sh *shell) tell(err error) {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range many.Unwrap() {
			sh.tell(one)
		}
		return
	}
	if kind, code := fault.Of(err); kind != fault.Internal {
		fmt.Fprintf(sh.err, "zhixin: %s [%s]\n", sh.lang.Fault(sh.tag, err), code)
		return
	}
	fmt.Fprintln(sh.err, "zhixin:", err)
}
