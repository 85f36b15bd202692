package config_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhixin/internal/config"
	"zhixin/internal/fault"
)

func none(string) string { return "" }

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "zhixin.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNothingSaidIsAWorkingNode(t *testing.T) {
	c, err := config.Load("", none)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{Listen: "127.0.0.1:8080", Data: "data", Origin: "zhixin/log", LogLevel: "info"}
	if c != want {
		t.Errorf("got %v", c)
	}
	if errs := c.Check(); len(errs) > 0 {
		t.Errorf("the defaults are wrong: %v", errs)
	}
}

func TestTheEnvironmentOverrulesTheFile(t *testing.T) {
	path := file(t, `{"listen": "0.0.0.0:80", "data": "/srv/zhixin", "log_level": "warn"}`)
	env := map[string]string{"ZHIXIN_LISTEN": "127.0.0.1:81", "ZHIXIN_DATABASE_URL": "postgres://db/zhixin", "ZHIXIN_CALENDAR_FILE": "/srv/2027.csv",
		"ZHIXIN_CONFIG": path}
	want := config.Config{Listen: "127.0.0.1:81", Data: "/srv/zhixin", DatabaseURL: "postgres://db/zhixin", Origin: "zhixin/log",
		LogLevel: "warn", CalendarFile: "/srv/2027.csv"}
	for _, given := range []string{path, ""} {
		c, err := config.Load(given, func(name string) string { return env[name] })
		if err != nil || c != want {
			t.Errorf("path %q: got %v (%v)", given, c, err)
		}
	}
}

func TestABadFileIsExplained(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"an unknown setting", `{"listn": "x"}`, "config.unknown_setting"},
		{"not JSON", "{\n\"listen\": \n", "config.bad_file"},
		{"something after it", `{} {}`, "config.bad_file"},
		{"a number", `{"listen": 80}`, "config.not_text"},
		{"a list", `[]`, "config.not_text"},
		{"empty", ``, "config.bad_file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := config.Load(file(t, tt.text), none); !fault.Is(err, tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "none.json"), none); !fault.Is(err, "config.no_file") {
		t.Errorf("a file that is not there: %v", err)
	}
	_, err := config.Load(file(t, "{\n\"listen\": \"a\",\n  oops}"), none)
	var f *fault.Error
	if !errors.As(err, &f) || f.Args[1] != 3 {
		t.Errorf("the line is not named: %v", err)
	}
}

func TestCheckNamesEverythingThatIsWrong(t *testing.T) {
	folder := t.TempDir()
	good := config.Config{Listen: ":0", Data: folder, DatabaseURL: "postgres://u:p@a:5432,b:5432/zhixin?target_session_attrs=read-write",
		Origin: "credit.example.gov.cn/log", LogLevel: "debug", PublicURL: "https://credit.example.gov.cn", CalendarFile: file(t, "x"),
		DropFolder: folder}
	if errs := good.Check(); len(errs) > 0 {
		t.Errorf("good settings: %v", errs)
	}
	tests := []struct {
		want string
		set  func(c *config.Config)
	}{
		{"config.bad_listen", func(c *config.Config) { c.Listen = "8080" }},
		{"config.bad_listen", func(c *config.Config) { c.Listen = "localhost:99999" }},
		{"config.bad_data", func(c *config.Config) { c.Data = "" }},
		{"config.bad_data", func(c *config.Config) { c.Data = good.CalendarFile }},
		{"config.bad_database_url", func(c *config.Config) { c.DatabaseURL = "mysql://u:secret@h/db" }},
		{"config.bad_database_url", func(c *config.Config) { c.DatabaseURL = "host=h password=secret" }},
		{"config.bad_origin", func(c *config.Config) { c.Origin = "质信 日志" }},
		{"config.bad_origin", func(c *config.Config) { c.Origin = "a+b" }},
		{"config.bad_origin", func(c *config.Config) { c.Origin = "质信/日志" }},
		{"config.bad_origin", func(c *config.Config) { c.Origin = "zhixin~log" }},
		{"config.bad_origin", func(c *config.Config) { c.Origin = strings.Repeat("a", 101) }},
		{"config.bad_log_level", func(c *config.Config) { c.LogLevel = "loud" }},
		{"config.bad_public_url", func(c *config.Config) { c.PublicURL = "credit.example.gov.cn" }},
		{"config.bad_public_url", func(c *config.Config) { c.PublicURL = "https://x/" }},
		{"config.no_drop_folder", func(c *config.Config) { c.DropFolder = filepath.Join(folder, "none") }},
		{"config.no_drop_folder", func(c *config.Config) { c.DropFolder = good.CalendarFile }},
		{"config.no_calendar_file", func(c *config.Config) { c.CalendarFile = filepath.Join(folder, "none.csv") }},
	}
	for _, tt := range tests {
		c := good
		tt.set(&c)
		errs := c.Check()
		if len(errs) != 1 || !fault.Is(errs[0], tt.want) || strings.Contains(fmt.Sprint(errs), "secret") {
			t.Errorf("got %v, want %s", errs, tt.want)
		}
	}
	if errs := (config.Config{}).Check(); len(errs) != 4 {
		t.Errorf("of four wrong settings it names %v", errs)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	for _, url := range []string{
		"postgres://zhixin:hunter2@db.example:5432/zhixin", "postgres://zhixin:hunter2/x@y:z@a,b/zhixin", "postgres://db/zhixin?user=a&password=hunter2&x=y",
		"host=db password=hunter2 dbname=zhixin", "postgresql://:hunter2@db/zhixin",
	} {
		c := config.Config{DatabaseURL: url}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("settings", "config", c)
		for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v", c, &c), log.String()} {
			if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "***") {
				t.Errorf("%s is shown as %s", url, shown)
			}
		}
	}
	shown := config.Config{DatabaseURL: "postgres://zhixin@db/zhixin"}.String()
	if !strings.Contains(shown, "postgres://zhixin@db/zhixin") {
		t.Errorf("a URL without secret is shown as %s", shown)
	}
}
