package cmd

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/protocol"
	"wps/token"
)

// tokenVerdict is whether the service accepts a token, and why.
type tokenVerdict struct {
	token     token.Inspection
	problems  []error
	source    cli.Setting // source of the connection string
	unchecked bool        // there is no key to check the signature with
	otherHub  cli.Setting // the hub of the settings, if the token is for another one
	now       time.Time
}

// checkToken checks a token for the service and the hub of the settings. carrier is
// the URL that contains it, nil if none does.
func checkToken(settings *cli.Settings, text string, seen token.Inspection, carrier *url.URL) (tokenVerdict, error) {
	cs, source, err := settings.Service()
	if err != nil {
		return tokenVerdict{}, err
	}
	v := tokenVerdict{token: seen, source: source, now: time.Now()}
	use := token.Use{Endpoint: cs.Endpoint, Hub: settings.HubFlag, URL: carrier}
	if use.Hub != "" {
		if _, err := settings.Hub(); err != nil {
			return v, err
		}
	} else if hub, err := settings.HubSetting(); err != nil {
		return v, err
	} else if hub.Value() != "" && seen.Hub != "" && !strings.EqualFold(hub.Value(), seen.Hub) {
		v.otherHub = hub
	}
	v.problems = use.Problems(text, v.now, cs.Key)
	if cs.Identity != nil && seen.Kind != token.TokenEntra {
		v.unchecked = true
		v.problems = slices.DeleteFunc(v.problems, func(p error) bool { return errors.Is(p, token.ErrSignature) })
	}
	return v, nil
}

func (v tokenVerdict) good() bool { return len(v.problems) == 0 }

// problem returns why the service rejects the token, "" if it accepts it.
func (v tokenVerdict) problem() string {
	texts := make([]string, len(v.problems))
	for i, p := range v.problems {
		texts[i] = p.Error()
		if p == token.ErrSignature { //nolint:errorlint // a wrapped one says more
			texts[i] = "not signed with the key of " + v.source.From
		}
	}
	return strings.Join(texts, "; ")
}

// faults says what in a valid token of a client has no effect, or not the one that
// it seems to have.
func (v tokenVerdict) faults() []string {
	if v.token.Kind != token.TokenClient {
		return nil
	}
	texts := service.RoleFaults(v.token.Claims.Roles)
	claims := v.token.Claims.Custom()
	for _, c := range []struct{ wrong, right, what string }{
		{"roles", "role", "roles"}, {"permissions", "role", "roles"}, {"groups", "webpubsub.group", "groups"}, {"group", "webpubsub.group", "groups"},
		{"webpubsub.groups", "webpubsub.group", "groups"}, {"userId", "sub", "the user id"}, {"user", "sub", "the user id"},
	} {
		if claims[c.wrong] != nil && claims[c.right] == nil {
			texts = append(texts, fmt.Sprintf("the claim %q has no effect: %s must be in %q", c.wrong, c.what, c.right))
		}
	}
	return texts
}

// reason returns why the service accepts the token, and what is unusual about it.
func (v tokenVerdict) reason() string {
	claims := v.token.Claims
	var texts []string
	skew := fmt.Sprintf("within the service's clock skew of %d minutes", int(protocol.ClockSkew.Minutes()))
	if late := v.now.Sub(claims.Expires).Truncate(time.Second); v.now.After(claims.Expires) {
		texts = append(texts, fmt.Sprintf("expired %v ago, %s", late, skew))
	}
	if early := claims.NotBefore.Sub(v.now).Truncate(time.Second); v.now.Before(claims.NotBefore) {
		texts = append(texts, fmt.Sprintf("valid in %v, %s", early, skew))
	}
	switch {
	case v.unchecked:
		texts = append(texts, "audience and times are valid; the signature was not checked, because "+v.source.From+" has no access key")
	case v.token.Kind == token.TokenEntra:
		texts = append(texts, "audience and times are valid; the signature was not checked")
	default:
		texts = append(texts, "signed with the key of "+v.source.From)
	}
	if v.otherHub.Value() != "" {
		texts = append(texts, fmt.Sprintf("for hub %q, %s is %q", v.token.Hub, v.otherHub.From, v.otherHub.Value()))
	}
	if slices.Contains(claims.InMilliseconds(), "exp") {
		texts = append(texts, "exp seems to be in milliseconds, so the token never expires")
	}
	texts = append(texts, v.faults()...)
	return strings.Join(texts, "; ")
}
