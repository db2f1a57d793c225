package filter_test

import (
	"fmt"
	"strings"
	"testing"

	"wps/emulator/filter"
)

var (
	alice = filter.Subject{
		ConnectionID: "c-1", UserID: "Alice", HasUser: true, Protocol: "json.webpubsub.azure.v1",
		Groups: map[string]struct{}{"news": {}, "a,b": {}, "tenant/alice": {}},
	}
	anonymous = filter.Subject{ConnectionID: "c-2"}
	wide      = filter.Subject{ConnectionID: "x😀y", UserID: "O'Brien", HasUser: true}
)

func TestMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		filter  string
		subject filter.Subject
		want    bool
	}{
		{"userId eq 'Alice'", alice, true},
		{"userId eq 'alice'", alice, false},
		{"userId ne 'alice'", alice, true},
		{"USERID eq 'Alice' and ConnectionID eq 'c-1'", alice, true},
		{"userId eq null", alice, false},
		{"userId eq null", anonymous, true},
		{"null eq protocol", anonymous, true},
		{"userId ne 'x'", anonymous, true},
		{"protocol eq 'json.webpubsub.azure.v1'", alice, true},
		{"userId eq 'O''Brien'", wide, true},
		{"true", alice, true},
		{"false", alice, false},
		{"1 eq 1", alice, true},
		{"1 eq '1'", alice, false},
		{"1 ne true", alice, true},
		{"null eq null", alice, true},
		{"groups eq groups", alice, true},
		{"groups eq null", alice, false},
		// Precedence: not, then comparison, then and, then or.
		{"true or false and false", alice, true},
		{"(true or false) and false", alice, false},
		{"not true or true", alice, true},
		{"not (true or true)", alice, false},
		{"not not true", alice, true},
		{"not(false)", alice, true},
		{"1 eq 1 eq true", alice, true},
		{"not true eq false", alice, true},
		// Integers.
		{"length(userId) gt 4 and length(userId) ge 5 and length(userId) lt 6 and length(userId) le 5", alice, true},
		{"length(userId) gt 5", alice, false},
		{"length(userId) gt -1", anonymous, false},
		{"length(userId) le 100", anonymous, false},
		{"not (length(userId) gt 5)", anonymous, true},
		{"null gt null", alice, false},
		{"+7 gt -2147483648", alice, true},
		{"2147483647 ge 2147483647", alice, true},
		// Membership.
		{"'news' in groups", alice, true},
		{"'News' in groups", alice, false},
		{"'a,b' in groups", alice, true},
		{"not ('news' in groups)", anonymous, true},
		{"userId in groups", alice, false},
		{"null in groups", alice, false},
		{"1 in groups", alice, false},
		{"userId in ('Bob','Alice')", alice, true},
		{"userId in ('Bob', 'Carol, Alice')", alice, false},
		{"userId in (null)", anonymous, true},
		{"userId in('Alice')", alice, true},
		{"length(userId) in (4,5)", alice, true},
		{"'tenant/alice' in groups", alice, true},
		// Functions.
		{"length('abc') eq 3", alice, true},
		{"length(groups) eq 3", alice, true},
		{"length(connectionId) eq 4", wide, true},
		{"length(null) eq null", alice, true},
		{"tolower(userId) eq 'alice'", alice, true},
		{"toupper(userId) eq 'ALICE'", alice, true},
		{"trim('  a b ') eq 'a b'", alice, true},
		{"tolower(userId) eq null", anonymous, true},
		{"contains(userId,'lic')", alice, true},
		{"contains(userId,'')", alice, true},
		{"contains(userId,'')", anonymous, false},
		{"contains('a',null)", alice, false},
		{"startswith(userId, 'Al') and endswith(userId, 'ce')", alice, true},
		{"startswith(userId,'ce') or endswith(userId,'Al')", alice, false},
		{"indexof(userId,'ice') eq 2", alice, true},
		{"indexof(userId,'x') eq -1", alice, true},
		{"indexof(userId,'x') eq -1", anonymous, true},
		{"indexof(connectionId,'y') eq 3", wide, true},
		{"concat(userId,'!') eq 'Alice!'", alice, true},
		{"concat(userId,'!') eq '!'", anonymous, true},
		{"concat(userId,protocol) eq null", anonymous, true},
		{"concat('a',concat('b','c')) eq 'abc'", alice, true},
		{"substring(userId,2) eq 'ice'", alice, true},
		{"substring(userId,5) eq ''", alice, true},
		{"substring(userId,6) eq null", alice, true},
		{"substring(userId,1,3) eq 'lic'", alice, true},
		{"substring(userId,1,9) eq null", alice, true},
		{"substring(userId,-1) eq null", alice, true},
		{"substring(userId,1,-1) eq null", alice, true},
		{"substring(userId,1) eq null", anonymous, true},
		{"substring(connectionId,3) eq 'y'", wide, true},
		{"substring(connectionId,1,2) eq '😀'", wide, true},
		{"length(substring(connectionId,2)) eq 2", wide, true},
		// Wrong for this connection only, which checking could not see.
		{"tolower(userId) lt 1", alice, false},
		{"not (tolower(userId) lt 1)", alice, false},
		{" \t( ( true ) )\n", alice, true},
	}
	for _, tt := range tests {
		f, err := filter.Parse(tt.filter)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.filter, err)
			continue
		}
		if got := f.Match(&tt.subject); got != tt.want {
			t.Errorf("%q on %+v = %v, want %v", tt.filter, tt.subject, got, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	syntax := func(position int) string { return fmt.Sprintf("Syntax error at position %d in '%%s'.", position) }
	tests := []struct {
		filter, part, detail string // part "": the whole; %s in detail: the filter
	}{
		{"invalid filter", "", syntax(14)}, // recorded
		{"( not 'a' )", "not 'a'", "Type 'string', expect 'bool'."},
		{"userId lt 1", "", "Type 'string', expect 'int'."},
		{"not length(userId)", "", "Type 'null', expect 'bool'."},
		{"ab eq 1", "", "Token 'ab' is not supported."},
		{"invalid(ab,c)", "", "Token 'invalid(ab,c)' is not supported."},
		{"length(userId,1) eq 1", "length(userId,1)", "Invalid token 'length(userId,1)'."},
		{"length() eq 1", "length()", "Invalid token 'length()'."},
		{"substring('a',1,2,3) eq ''", "substring('a',1,2,3)", "Invalid token 'substring('a',1,2,3)'."},
		{"", "", syntax(0)},
		{"   ", "", syntax(3)},
		{"'a'", "", "Type 'string', expect 'bool'."},
		{"null", "", "Type 'null', expect 'bool'."},
		{"5", "", "Type 'int', expect 'bool'."},
		{"groups", "", "Type 'collection', expect 'bool'."},
		{"length(userId)", "", "Type 'null', expect 'bool'."},
		{"not length(userId) gt 5", "not length(userId)", "Type 'null', expect 'bool'."},
		{"true and 1", "", "Type 'int', expect 'bool'."},
		{"false and  (true or 'x')", "true or 'x'", "Type 'string', expect 'bool'."},
		{"true or userId", "", "Type 'string', expect 'bool'."},
		{"true gt false", "", "Type 'bool', expect 'int'."},
		{"null gt 'a'", "", "Type 'string', expect 'int'."},
		{"groups gt 1", "", "Type 'collection', expect 'int'."},
		{"'a' in userId", "", "Type 'string', expect 'collection'."},
		{"'a' in 5", "", "Type 'int', expect 'collection'."},
		{"length(1) eq 1", "length(1)", "Type 'int', expect 'string'."},
		{"tolower(groups) eq 'a'", "tolower(groups)", "Type 'collection', expect 'string'."},
		{"contains('a',1)", "", "Type 'int', expect 'string'."},
		{"substring('a','b') eq ''", "substring('a','b')", "Type 'string', expect 'int'."},
		{"Length(userId) eq 1", "Length(userId)", "Token 'Length(userId)' is not supported."},
		{"userId EQ 'a'", "", syntax(9)},
		{"userId eq", "", syntax(9)},
		{"userId eq 'a", "", syntax(12)},
		{"userId eq \"a\"", "", syntax(11)},
		{"'é😀' eq $", "", syntax(10)},
		{"(true", "", syntax(5)},
		{"true)", "", syntax(5)},
		{"userId in ()", "", syntax(12)},
		{"userId in ('a',)", "", syntax(16)},
		{"userId in ('a' 'b')", "", syntax(18)},
		{"contains(userId,'a'", "", syntax(19)},
		{"a/b eq 1", "", syntax(2)},
		{"$count eq 1", "", syntax(1)},
		{"1 add 1 eq 2", "", syntax(5)},
		{"groups/any(g: g eq 'a')", "", syntax(7)},
		{"userId has 'a'", "", syntax(10)},
		{"1 eq ab", "", "Token 'ab' is not supported."},
		{"true and (ab lt 1)", "ab lt 1", "Token 'ab' is not supported."},
		{"invalid(ab) eq 1", "invalid(ab)", "Token 'invalid(ab)' is not supported."},
		{"length(userId,1) eq ab", "length(userId,1)", "Invalid token 'length(userId,1)'."},
		{"1.5 eq 1", "", "Token '1.5' is not supported."},
		{"2147483648 eq 1", "", "Token '2147483648' is not supported."},
		{"5L eq 1", "", "Token '5L' is not supported."},
		{"2020-01-01 eq 1", "", "Token '2020-01-01' is not supported."},
		{"True", "True", "Token 'True' is not supported."},
		{"not   (  ab )", "ab", "Token 'ab' is not supported."},
		{"a.b eq 1", "", syntax(2)},
	}
	for _, tt := range tests {
		part := tt.part
		if part == "" {
			part = tt.filter
		}
		want := "Invalid syntax for '" + part + "': " + strings.ReplaceAll(tt.detail, "%s", tt.filter) + " (Parameter 'filter')"
		_, err := filter.Parse(tt.filter)
		if err == nil || err.Error() != want {
			t.Errorf("Parse(%q)\n got %v\nwant %s", tt.filter, err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("(", n) + "true" + strings.Repeat(")", n) }
	long := func(n int) string { return strings.Repeat("userId eq 'a' or ", n) + "true" }
	for _, good := range []string{deep(99), strings.Repeat("not ", 98) + "true", long(1000)} {
		if _, err := filter.Parse(good); err != nil {
			t.Errorf("Parse(%.40q...): %v", good, err)
		}
	}
	for _, bad := range []string{
		deep(100), deep(1 << 20), strings.Repeat("not ", 1<<18) + "true", long(5000),
		"1" + strings.Repeat(" eq 1", 1<<18), strings.Repeat("length(", 1<<18), strings.Repeat("1 in (", 1<<18),
	} {
		if _, err := filter.Parse(bad); err == nil || !strings.Contains(err.Error(), "The expression ") {
			t.Errorf("Parse(%.40q...) = %.80v, want a limit", bad, err)
		}
	}
}

// TestNoAllocation proves that asking about a connection allocates nothing.
func TestNoAllocation(t *testing.T) {
	f, err := filter.Parse("userId ne 'x' and ('news' in groups or length(userId) gt 5) and startswith(userId, tolower('AL')) eq false and userId in ('Bob','Alice') and indexof(userId,'ice') eq 2 and substring(userId,1,2) eq 'li'")
	if err != nil {
		t.Fatal(err)
	}
	s := alice
	if n := testing.AllocsPerRun(100, func() {
		if !f.Match(&s) {
			t.Error("no match")
		}
	}); n != 0 {
		t.Errorf("Match allocates %v times, want 0", n)
	}
}

func BenchmarkMatch(b *testing.B) {
	f, err := filter.Parse("userId ne 'Bob' and ('news' in groups or contains(userId,'x'))")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		f.Match(&alice)
	}
}
