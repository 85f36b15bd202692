package api

import (
	"net/url"
	"testing"
)

func TestAMemberOfAQueryIsReadAsURLReadsIt(t *testing.T) {
	for _, raw := range []string{"", "matter=a&ref=b", "matter=a&matter=b", "matter", "matter=&ref=1", "a=matter=b&ref==x", "&&ref=1&",
		"ref=%E7%9A%96%2B1", "ref=a+b", "%72ef=1", "ref=%zz&matter=1", "ref=a;b&matter=1", "xref=1&ref=2"} {
		u := &url.URL{RawQuery: raw}
		for _, key := range []string{"matter", "ref", "on"} {
			if got, want := members(u)(key), u.Query().Get(key); got != want {
				t.Errorf("%s of %q is %q, want %q", key, raw, got, want)
			}
		}
	}
}
