package emulator_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wps/emulator"
	"wps/emulator/emulatortest"
)

// FuzzREST sends unusual requests, with a token that is valid everywhere. The
// emulator must answer as the service does: never with 5xx, a refusal with its
// code and a body that is text, and with api-supported-versions where it has to.
func FuzzREST(f *testing.F) {
	e := emulatortest.RunWith(f, emulator.Options{AllowUnvalidatedEntraTokens: true})
	dialJSON(f, e, clientOptions{user: "u", groups: []string{"g"}})
	bearer := "Bearer " + entraToken(f, entraAudience, time.Now(), time.Now().Add(24*time.Hour))
	for _, r := range recordings(f) {
		f.Add(r.Method, strings.TrimPrefix(r.Path, "/api/"), r.ContentType, []byte(r.Body))
	}
	for _, path := range []string{
		"hubs/chat/groups/g/connections?maxpagesize=1&top=2&continuationToken=AAAA", "hubs/chat/:generateToken?clientType=MQTT&group=a&minutesToExpire=5",
		"hubs/chat/users/a%2Fb%252F%zz/:send?messageTtlSeconds=9&excluded=a&excluded=b", "HUBS/a[`].,_/GROUPS/%F0%9F%98%80/:SEND/", "hubs//:send", "hubs/chat/groups//connections/",
	} {
		f.Add("GET", path, "text/plain; charset=utf-16", []byte{0xd8, 0, 1})
	}
	f.Fuzz(func(t *testing.T, method, target, contentType string, body []byte) {
		u, err := url.Parse("http://localhost/api/" + target)
		if err != nil || strings.ContainsAny(method, " \r\n") || method == "" {
			return // no HTTP server lets it through
		}
		r := httptest.NewRequest(http.MethodPost, "http://localhost/", bytes.NewReader(body))
		r.Method, r.URL = method, u
		r.Header.Set("Authorization", bearer)
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		e.Server.ServeHTTP(w, r)
		h := w.Header()
		switch {
		case w.Code >= 500 || w.Code == http.StatusUnauthorized:
			t.Errorf("%s %s = %d %s", method, target, w.Code, w.Body)
		case w.Code == http.StatusUnsupportedMediaType:
		case w.Code >= 400 && h.Get("x-ms-error-code") == "" && !strings.HasPrefix(strings.ToLower(target), "health"):
			t.Errorf("%s %s = %d without a code", method, target, w.Code)
		case w.Code < 300 && h.Get("api-supported-versions") == "" && !strings.HasPrefix(strings.ToLower(target), "health"):
			t.Errorf("%s %s = %d without api-supported-versions", method, target, w.Code)
		}
		if !utf8.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s = %d with a body that is no UTF-8: %q", method, target, w.Code, w.Body)
		}
	})
}
