package suggest_test

import (
	"slices"
	"testing"

	"wps/internal/suggest"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"message", "messages", "metadata", "group", "groups", "user"}
	for _, tt := range []struct {
		name string
		want []string
	}{
		{"mesage", []string{"message"}},
		{"message", []string{"message"}},
		{"group", []string{"group"}},
		{"groupz", []string{"group", "groups"}},
		{"megadeta", []string{"metadata"}},
		{"usr", []string{"user"}},
		{"colour", nil},
		{"", nil},
	} {
		if got := suggest.Nearest(tt.name, slices.Values(known)); !slices.Equal(got, tt.want) {
			t.Errorf("Nearest(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ac", 1}, {"abc", "xbcd", 2},
		{"abcd", "dcba", 4}, {"a", "abcd", 3}, {"abcdefgh", "a", 3},
	} {
		if got, back := suggest.Distance(tt.a, tt.b), suggest.Distance(tt.b, tt.a); got != tt.want || back != tt.want {
			t.Errorf("Distance(%q, %q) = %d and %d the other way, want %d", tt.a, tt.b, got, back, tt.want)
		}
	}
}
