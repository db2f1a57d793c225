package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/token"
)

// maxToken is the longest token that is read from standard input, in bytes.
const maxToken = 64 << 10

// newToken returns "wps token" with its subcommands.
func newToken(env *cli.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Look into access tokens",
		Long: `Decode and check the tokens that clients and REST requests carry. Making one is
"wps negotiate".`,
		Example: `  wps token inspect "$TOKEN"
  wps negotiate --hub chat -o token | wps token inspect -
  wps token inspect --jq .claims "$TOKEN"`,
		Annotations: cli.Exits("  1    it is not a token", cli.ExitLineUsage, "  4    it would be refused: signature, time, audience"),
		Args:        cobra.ArbitraryArgs,
		RunE:        cli.SubcommandsOnly,
	}
	c.AddCommand(newTokenInspect(env))
	return c
}

func newTokenInspect(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect {TOKEN | -}",
		Short: "Decode a token, explain it and check whether the service takes it",
		Long: `Decode a token, say what it is for and check its signature, times and audience
with the endpoint and access key of the common settings, and its hub with --hub.
"-" reads it from standard input; a client URL with access_token is checked too.`,
		Example: `  wps token inspect "$TOKEN"
  wps negotiate --hub chat -o token | wps token inspect -
  wps token inspect -o json "$TOKEN"`,
		Annotations: cli.Exits("  1    it is not a token", cli.ExitLineUsage, "  4    it would be refused: signature, time, audience"),
		Args:        cli.ExactArgs("TOKEN"),
		RunE: func(c *cobra.Command, args []string) error {
			text := args[0]
			if text == "-" {
				all, err := io.ReadAll(io.LimitReader(env.Stdin, maxToken))
				if err != nil {
					return fmt.Errorf("read the token: %v", err)
				}
				text = string(all)
			}
			text, carrier := bareToken(text)
			if text == "" {
				return cli.Usage("the token is empty", "a variable or a pipe that was to give it may be empty")
			}
			return inspectToken(env, text, carrier)
		},
	}
}

// bareToken finds the token in what people paste: a client URL, which is carrier
// then, the JSON of negotiate, a header.
func bareToken(s string) (tok string, carrier *url.URL) {
	s = strings.TrimSpace(s)
	if at := strings.Index(s, "access_token="); at >= 0 {
		const around = "\"'<> \t\r\n"
		text := s[strings.LastIndexAny(s[:at], around)+1:]
		if end := strings.IndexAny(text, around); end >= 0 {
			text = text[:end]
		}
		u, err := url.Parse(strings.ReplaceAll(text, `\u0026`, "&"))
		if err == nil && u.Host != "" {
			all := u.Query()["access_token"]
			return all[len(all)-1], u
		}
		s, _, _ = strings.Cut(text[strings.Index(text, "access_token=")+len("access_token="):], "&")
	}
	for _, prefix := range []string{"Authorization:", "Bearer "} {
		if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			s = strings.TrimSpace(s[len(prefix):])
		}
	}
	return s, nil
}

// tokenReport is the JSON of "wps token inspect".
type tokenReport struct {
	Kind     string          `json:"kind"`
	Hub      string          `json:"hub,omitempty"`
	Endpoint string          `json:"endpoint,omitempty"`
	Valid    bool            `json:"valid"`
	Problem  string          `json:"problem,omitempty"`
	Expires  *time.Time      `json:"expires"`
	Header   json.RawMessage `json:"header"`
	Claims   json.RawMessage `json:"claims"`
}

func inspectToken(env *cli.Env, text string, carrier *url.URL) error {
	seen, err := token.Inspect(text)
	if err != nil {
		return cli.WithHint(fmt.Errorf("inspect the token: %w", err), "a token has three parts with dots between; wps negotiate -o token prints one")
	}
	v, err := judgeToken(env, text, seen, carrier)
	if err != nil {
		return err
	}
	report := tokenReport{
		Kind: string(seen.Kind), Hub: seen.Hub, Endpoint: seen.Endpoint,
		Valid: v.good(), Problem: v.problem(), Header: seen.RawHeader, Claims: seen.RawClaims,
	}
	if !seen.Claims.Expires.IsZero() {
		report.Expires = &seen.Claims.Expires
	}
	if env.Out.JSON() {
		err = env.Out.PrintJSON(report)
	} else {
		err = env.Out.PrintLine(tokenText(env, seen, v))
	}
	if err == nil && !v.good() {
		err = cli.ExitCode(cli.ExitUnauthorized)
	}
	return err
}

// tokenText explains a token for people.
func tokenText(env *cli.Env, t token.Inspection, v tokenVerdict) string {
	var b strings.Builder
	line := func(name, value string) {
		fmt.Fprintf(&b, "%s %s\n", env.Out.StdoutColors.Name(fmt.Sprintf("%-10s", name)), value)
	}
	row := func(name, value string) {
		if value != "" {
			line(name, env.Out.Printable(value))
		}
	}
	row("kind", string(t.Kind))
	row("endpoint", t.Endpoint)
	row("hub", t.Hub)
	if t.Claims.HasUserID {
		row("user", t.Claims.UserID)
	}
	row("roles", strings.Join(t.Claims.Roles, ", "))
	row("groups", strings.Join(t.Claims.Groups, ", "))
	row("issued", moment(t.Claims.IssuedAt))
	row("expires", moment(t.Claims.Expires))
	row("claims", indented(t.RawClaims))
	if v.good() {
		line("verdict", env.Out.StdoutColors.Good("good")+": "+env.Out.Printable(v.reason()))
	} else {
		line("verdict", env.Out.StdoutColors.Bad("refused")+": "+env.Out.Printable(v.problem()))
	}
	return strings.TrimRight(b.String(), "\n")
}

// moment shows a time and how far away it is.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	away := time.Until(t).Round(time.Second)
	switch {
	case away == 0:
		return fmt.Sprintf("%s (now)", t.Format(time.RFC3339))
	case away < 0:
		return fmt.Sprintf("%s (%v ago)", t.Format(time.RFC3339), -away)
	}
	return fmt.Sprintf("%s (in %v)", t.Format(time.RFC3339), away)
}

func indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "           ", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
