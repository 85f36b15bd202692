package config

import (
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"zhixin/internal/fault"
)

// Check returns everything that is wrong with the settings. It looks at files but changes nothing; whether the database
// answers is seen by opening it.
func (c Config) Check() []error {
	var errs []error
	wrong := func(bad bool, code string, args ...any) {
		if bad {
			errs = append(errs, fault.New(fault.Invalid, code, args...))
		}
	}
	wrong(!isAddress(c.Listen), "config.bad_listen", c.Listen)
	info, err := os.Stat(c.Data)
	wrong(c.Data == "" || err == nil && !info.IsDir(), "config.bad_data", c.Data)
	wrong(c.DatabaseURL != "" && !isPostgres(c.DatabaseURL), "config.bad_database_url", mask(c.DatabaseURL))
	wrong(!isOrigin(c.Origin), "config.bad_origin", c.Origin)
	wrong(!slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel), "config.bad_log_level", c.LogLevel)
	wrong(c.PublicURL != "" && !isSite(c.PublicURL), "config.bad_public_url", mask(c.PublicURL))
	if c.CalendarFile != "" {
		info, err := os.Stat(c.CalendarFile)
		wrong(err != nil || info.IsDir(), "config.no_calendar_file", c.CalendarFile)
	}
	if c.DropFolder != "" {
		info, err := os.Stat(c.DropFolder)
		wrong(err != nil || !info.IsDir(), "config.no_drop_folder", c.DropFolder)
	}
	return errs
}

func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// isPostgres does not parse further: several hosts in one URL are right for the driver and wrong for net/url.
func isPostgres(s string) bool {
	scheme, rest, ok := strings.Cut(s, "://")
	return ok && (scheme == "postgres" || scheme == "postgresql") && rest != "" && !strings.ContainsFunc(s, unicode.IsSpace)
}

// origin is how the log's key may be named: what it signs and the address of its proofs carry the name.
var origin = regexp.MustCompile(`^[a-zA-Z0-9._/-]{1,100}$`)

func isOrigin(s string) bool { return origin.MatchString(s) }

func isSite(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" &&
		!strings.HasSuffix(s, "/")
}
