package entra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// counter is a credential whose tokens are numbered.
type counter struct {
	n    int
	life time.Duration
	now  func() time.Time
	err  error
}

func (c *counter) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.n++
	return azcore.AccessToken{Token: fmt.Sprint("token ", c.n), ExpiresOn: c.now().Add(c.life)}, c.err
}

// TestRenewal follows a token over its life: it is renewed before its end, a
// renewal that fails leaves it in use, and after its end the failure is an error.
func TestRenewal(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	source := &counter{life: time.Hour, now: clock}
	c := &Credential{network: &network{}, log: slog.New(slog.DiscardHandler), now: clock, turn: make(chan struct{}, 1), ways: []way{
		{name: "test", make: func(context.Context) (azcore.TokenCredential, error) { return source, nil }},
	}}
	for _, step := range []struct {
		after time.Duration
		err   error // of the source
		want  string
		asked int
	}{
		{0, nil, "token 1", 1},
		{54 * time.Minute, nil, "token 1", 1},
		{time.Minute, errors.New("down"), "token 1", 2},      // 5 minutes before its end
		{10 * time.Second, errors.New("down"), "token 1", 2}, // the failure is kept
		{time.Minute, errors.New("down"), "token 1", 3},
		{5 * time.Minute, errors.New("down"), "", 4},
		{time.Minute, nil, "token 5", 5},
	} {
		now, source.err = now.Add(step.after), step.err
		got, err := c.Token(t.Context())
		if got != step.want || (err == nil) != (step.want != "") || source.n != step.asked {
			t.Errorf("at %v: %q, %v after %d requests, want %q after %d", now.Format(time.TimeOnly), got, err, source.n, step.want, step.asked)
		}
	}
}

// TestShortLife: a token that is valid for minutes is not renewed for every
// request.
func TestShortLife(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for life, want := range map[time.Duration]time.Duration{
		time.Hour: 55 * time.Minute, 10 * time.Minute: 5 * time.Minute, 4 * time.Minute: 2 * time.Minute, -time.Minute: -30 * time.Second,
	} {
		if got := renewal(azcore.AccessToken{ExpiresOn: now.Add(life)}, now).Sub(now); got != want {
			t.Errorf("a life of %v is renewed after %v, want %v", life, got, want)
		}
	}
	early := azcore.AccessToken{ExpiresOn: now.Add(time.Hour), RefreshOn: now.Add(time.Minute)}
	if got := renewal(early, now); got != early.RefreshOn {
		t.Errorf("renewal at %v, want the time that the authority asks for", got)
	}
}

// TestReasonInText shortens what Entra ID and its command lines print.
func TestReasonInText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"AzureCLICredential: ERROR: Please run 'az login' to setup account.":                                                   "not signed in: run az login",
		"ERROR: AADSTS70043: The refresh token has expired or is invalid.\nTrace ID: 1\nInteractive authentication is needed.": "the sign-in has expired (AADSTS70043)",
		"AADSTS700082: The refresh token has expired due to inactivity.":                                                       "the sign-in has expired (AADSTS700082)",
		"AzureDeveloperCLICredential: ERROR: not logged in, run `azd auth login` to login":                                     "not signed in: run azd auth login",
		"AADSTS9999999: Something new. Trace ID: 1":                                                                            "AADSTS9999999: Something new",
		"":                    "no reason is known",
		"\n\n  first\nsecond": "first",
	} {
		if got := reasonInText(text); got != want {
			t.Errorf("reasonInText(%q) = %q, want %q", text, got, want)
		}
	}
}

// TestCloudOf: the service's cloud selects authority and scope.
func TestCloudOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		endpoint, variable, host, scope string
		private                         bool
	}{
		{"https://n.webpubsub.azure.com", "", "https://login.microsoftonline.com/", "https://webpubsub.azure.com/.default", false},
		{"https://n.webpubsub.azure.cn", "", "https://login.chinacloudapi.cn/", "https://webpubsub.azure.cn/.default", false},
		{"https://n.webpubsub.azure.com", "https://login.microsoftonline.us", "https://login.microsoftonline.us/", "https://webpubsub.azure.com/.default", false},
		{"https://n.webpubsub.azure.com", "login.own.example", "https://login.own.example", "https://webpubsub.azure.com/.default", true},
	} {
		u := mustParse(t, tt.endpoint)
		got := authorityOf(u, func(string) (string, bool) { return tt.variable, tt.variable != "" })
		if got.host != tt.host || got.private != tt.private || scopeOf(u) != tt.scope {
			t.Errorf("%s with %q: %+v, %s", tt.endpoint, tt.variable, got, scopeOf(u))
		}
	}
}

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
