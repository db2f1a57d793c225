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
	now  func() moment
	err  error
}

func (c *counter) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.n++
	return azcore.AccessToken{Token: fmt.Sprint("token ", c.n), ExpiresOn: c.now().wall.Add(c.life)}, c.err
}

var newYear = moment{wall: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}

// counted returns a Credential whose tokens live for an hour.
func counted(now func() moment) (*counter, *Credential) {
	source := &counter{life: time.Hour, now: now}
	return source, &Credential{network: &network{}, log: slog.New(slog.DiscardHandler), now: now, turn: make(chan struct{}, 1), ways: []way{
		{name: "test", make: func(context.Context) (azcore.TokenCredential, error) { return source, nil }},
	}}
}

// TestClockStep: a clock that is set back does not keep a token in use after its
// end, nor a failure; one that is set forward, as after a sleep of the machine,
// has it renewed.
func TestClockStep(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{time.Hour, -time.Hour} {
		now := newYear
		source, c := counted(func() moment { return now })
		read := func(what, want string, asked int) {
			t.Helper()
			if got, err := c.Token(t.Context()); got != want || (err == nil) != (want != "") || source.n != asked {
				t.Errorf("step %v, %s: %q, %v after %d requests, want %q after %d", step, what, got, err, source.n, want, asked)
			}
		}
		source.err = errors.New("down")
		read("down", "", 1)
		source.err, now.wall = nil, now.wall.Add(step)
		now = now.add(failureLife)
		read("after a failure", "token 2", 2)
		now = now.add(54 * time.Minute)
		read("before its end", "token 2", 2)
		now.wall = now.wall.Add(step)
		if step > 0 {
			read("renewed early", "token 3", 3)
			continue
		}
		read("set back", "token 2", 2)
		now, source.err = now.add(6*time.Minute), errors.New("down")
		read("after its end", "", 3)
	}
}

// TestRenewal follows a token over its life: it is renewed before its end, a
// renewal that fails leaves it in use, and after its end the failure is an error.
func TestRenewal(t *testing.T) {
	t.Parallel()
	now := newYear
	source, c := counted(func() moment { return now })
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
		now, source.err = now.add(step.after), step.err
		got, err := c.Token(t.Context())
		if got != step.want || (err == nil) != (step.want != "") || source.n != step.asked {
			t.Errorf("at %v: %q, %v after %d requests, want %q after %d", now.passed, got, err, source.n, step.want, step.asked)
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
		{"https://n.webpubsub.azure.us", "", "https://login.microsoftonline.us/", "https://webpubsub.azure.com/.default", false},
		{"https://n.webpubsub.azure.us", "https://login.own.example", "https://login.own.example", "https://webpubsub.azure.com/.default", true},
		{"https://n.webpubsub.azure.us.own.example", "", "https://login.microsoftonline.com/", "https://webpubsub.azure.com/.default", false},
		{"https://N.WebPubSub.Azure.CN", "", "https://login.chinacloudapi.cn/", "https://webpubsub.azure.cn/.default", false},
		{"https://n.webpubsub.azure.cn", "https://login.partner.microsoftonline.cn", "https://login.partner.microsoftonline.cn/", "https://webpubsub.azure.cn/.default", false},
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
