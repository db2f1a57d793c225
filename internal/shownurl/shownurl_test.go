package shownurl_test

import (
	"testing"

	"wps/internal/shownurl"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"http://h", "http://h"},
		{"http://h:7071/a/{hub}", "http://h:7071/a/{hub}"},
		{"http://[::1]:80/a", "http://[::1]:80/a"},
		{"http://[::1]/@me", "http://[::1]/@me"},
		{"http://h:80/@me", "http://h:80/@me"},
		{"http://h/?code=SECRET", "http://h/"},
		{"http://h?code=SECRET#SECRET", "http://h"},
		{"http://h/#SECRET?x", "http://h/"},
		{"http://h/?to=a@b", "http://h/"},
		{"http://h?to=SECRET@b", "http://h"},
		{"http://u:SECRET@h/{hub}?code=SECRET", "http://***@h/{hub}"},
		{"http://SECRET@h", "http://***@h"},
		{"http://u:SECRET@SECRET@h/x", "http://***@h/x"},
		{"http://u:SEC/RET@h/x", "http://***@h/x"},
		{"http://u:SEC?RET@h/x?code=SECRET", "http://***@h/x"},
		{"http://u:SEC#RET@h/x", "http://***@h/x"},
		{`http://u:SEC\RET@h/x`, "http://***@h/x"},
		{"http:/u:SECRET@h/x", "***@h/x"},
		{`http:\\u:SECRET@h/x`, "***@h/x"},
		{"http:u:SECRET@h", "***@h"},
		{"u:SECRET@h/x?code=SECRET", "***@h/x"},
		{"u:SEC://RET@h", "***@h"},
		{"tunnel:///x", "tunnel:///x"},
		{"chat=http://u:SECRET@h/x", "chat=http://***@h/x"},
		{"/path", "/path"},
		{"http://u:SECRET/x", "http://u:***/x"},
		{"http://u:SECRET?x", "http://u:***"},
		{"http://h:/x?code=a@SECRET", "http://***"},
	} {
		if got := shownurl.Of(tt.text); got != tt.want {
			t.Errorf("Of(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	for text, want := range map[string]string{"a?b@c": "a?b@c", "http:/u:SECRET@h": "***@h", "http://u:SECRET@h?x": "http://***@h"} {
		if got := shownurl.In(text); got != want {
			t.Errorf("In(%q) = %q, want %q", text, got, want)
		}
	}
}
