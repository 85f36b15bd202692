// Package config reads a node's settings: from a file, from the environment over it, and, by the commands, from flags over
// both. It says what is wrong with them in words, and never shows a secret.
package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strings"

	"zhixin/internal/fault"
)

// Config is the settings of a node. In the file they are JSON, listen and database_url; in the environment
// ZHIXIN_LISTEN and ZHIXIN_DATABASE_URL. A node speaks HTTP only: TLS is the business of the proxy before it.
type Config struct {
	Listen       string `json:"listen"`        // address, 127.0.0.1:8080
	Data         string `json:"data"`          // folder of the log's key and, without a URL, of the database; ./data
	DatabaseURL  string `json:"database_url"`  // postgres://…; empty is SQLite in Data
	Origin       string `json:"origin"`        // the audit log's name in every checkpoint, zhixin/log; never changed once a log exists
	LogLevel     string `json:"log_level"`     // debug, info, warn or error; info
	PublicURL    string `json:"public_url"`    // how the public reaches the node, without a slash at its end; empty where nobody does yet
	CalendarFile string `json:"calendar_file"` // holiday arrangements beyond the built-in ones, CSV; empty is none
	DropFolder   string `json:"drop_folder"`   // where departments lay down files, DIR/<department>/<kind>/; empty is nowhere
}

// setting is one setting by its names.
type setting struct {
	name string
	text *string
}

// all returns c's settings in the order in which they are shown.
func (c *Config) all() []setting {
	return []setting{
		{"listen", &c.Listen}, {"data", &c.Data}, {"database_url", &c.DatabaseURL}, {"origin", &c.Origin}, {"log_level", &c.LogLevel},
		{"public_url", &c.PublicURL}, {"calendar_file", &c.CalendarFile}, {"drop_folder", &c.DropFolder},
	}
}

// Load returns the settings of the file at path, overruled by those that env (os.Getenv) knows, with their defaults where
// nobody says anything. Without a path the file is ZHIXIN_CONFIG's, if that is set. What the settings say is for
// [Config.Check], after flags have had their word.
func Load(path string, env func(string) string) (Config, error) {
	var c Config
	if path = cmp.Or(path, env("ZHIXIN_CONFIG")); path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return c, fault.New(fault.Invalid, "config.no_file", path)
		}
		if err := c.read(path, raw); err != nil {
			return c, err
		}
	}
	for _, s := range c.all() {
		*s.text = cmp.Or(env("ZHIXIN_"+strings.ToUpper(s.name)), *s.text)
	}
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:8080")
	c.Data = cmp.Or(c.Data, "data")
	c.Origin = cmp.Or(c.Origin, "zhixin/log")
	c.LogLevel = cmp.Or(c.LogLevel, "info")
	return c, nil
}

func (c *Config) read(path string, raw []byte) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(c)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil && !errors.Is(dec.Decode(&struct{}{}), io.EOF):
		return fault.New(fault.Invalid, "config.bad_file", path, 1+bytes.Count(raw[:dec.InputOffset()], []byte("\n")))
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return fault.New(fault.Invalid, "config.not_text", path, kind.Field)
	case errors.As(err, &syntax):
		return fault.New(fault.Invalid, "config.bad_file", path, 1+bytes.Count(raw[:min(int(syntax.Offset), len(raw))], []byte("\n")))
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fault.New(fault.Invalid, "config.unknown_setting", path, strings.Trim(name, `"`))
	}
	return fault.New(fault.Invalid, "config.bad_file", path, 1+bytes.Count(raw, []byte("\n")))
}

// String shows the settings as they take effect, a line each, secrets masked.
func (c Config) String() string {
	var b strings.Builder
	for _, s := range c.all() {
		fmt.Fprintf(&b, "%-13s %s\n", s.name, mask(*s.text))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// GoString is String, so that no verb of package fmt shows more.
func (c Config) GoString() string { return c.String() }

// LogValue is String for structured logs.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

var passwordSetting = regexp.MustCompile(`(?i)(password=)[^&\s]*`)

// mask hides the password of a URL. A password may hold any character, so everything up to the last @ may belong to it.
func mask(s string) string {
	s = passwordSetting.ReplaceAllString(s, "$1***")
	scheme, rest, ok := strings.Cut(s, "://")
	at := strings.LastIndexByte(rest, '@')
	if !ok || at < 0 {
		return s
	}
	user, _, secret := strings.Cut(rest[:at], ":")
	if !secret {
		return s
	}
	return scheme + "://" + user + ":***" + rest[at:]
}
