package filter

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzFilter holds three properties: an accepted filter, printed and read again,
// is the same filter and chooses the same connections; so does its folded form;
// a refusal has the service's wording.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		// Published examples.
		"userId eq 'user1'", "userId ne null", "'group1' in groups", "length(userId) gt 10",
		"not ('group1' in groups)", "userId in ('user1', 'user2')", "startswith(userId, 'u') and 'g' in groups",
		"userId eq 'O''Brien'", "invalid filter", "( not 'a' )", "userId lt 1", "not length(userId)", "ab eq 1", "invalid(ab,c)",
		"concat(userId, connectionId) ne substring(protocol, 1, 2) or indexof(trim(toupper(userId)),'é😀') ge -1",
		"1 eq 1 eq true", "-0 eq +0", "not not (true or false)", "userId in ()", "5.5 eq 1", "'", "((", "a/b",
	} {
		f.Add(seed)
	}
	subjects := []*Subject{
		{}, {ConnectionID: "c", UserID: "user1", HasUser: true, Groups: map[string]struct{}{"group1": {}, "g": {}}},
		{ConnectionID: "é😀", UserID: "", HasUser: true, Protocol: "json.webpubsub.azure.v1"},
	}
	f.Fuzz(func(t *testing.T, text string) {
		accepted, err := Parse(text)
		if err != nil {
			if e := err.Error(); !strings.HasPrefix(e, "Invalid syntax for '") || !strings.HasSuffix(e, " (Parameter 'filter')") {
				t.Errorf("Parse(%q): %v", text, err)
			}
			return
		}
		plain, err := parse(text)
		if err != nil {
			t.Fatalf("parse(%q): %v", text, err)
		}
		again, err := Parse(printed(plain))
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, printed(plain), err)
		}
		if reread, err := parse(printed(plain)); err != nil || utf8.ValidString(text) && printed(reread) != printed(plain) {
			t.Errorf("%q prints as %q, then as %q, %v", text, printed(plain), printed(reread), err)
		}
		for _, s := range subjects {
			want := plain.eval(s, nil)
			if yes := want.kind == kindBool && want.yes; accepted.Match(s) != yes || again.Match(s) != yes {
				t.Errorf("%q on %+v = %v folded, %v read again, want %v", text, s, accepted.Match(s), again.Match(s), yes)
			}
		}
	})
}
