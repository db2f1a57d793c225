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
	"wps/cmd/internal/smallinput"
	"wps/token"
)

// maxToken limits how much is read from standard input, in bytes.
const maxToken = 64 << 10

// newToken returns "wps token" with its subcommands.
func newToken(env *cli.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "token",
		Short: "Inspect access tokens",
		Long: `Decode and check the tokens of clients and REST requests. To create one, use
"wps negotiate".`,
		Example: `  wps token inspect "$TOKEN"
  wps negotiate --hub chat -o token | wps token inspect -
  wps token inspect --jq .claims "$TOKEN"`,
		Annotations: cli.Exits("  1    not a token", cli.ExitLineUsage, "  4    the service would reject it: signature, times, audience"),
		Args:        cobra.ArbitraryArgs,
		RunE:        cli.SubcommandsOnly,
	}
	c.AddCommand(newTokenInspect(env))
	return c
}

func newTokenInspect(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "inspect {TOKEN | -}",
		Short: "Decode a token and check whether the service accepts it",
		Long: `Decode a token and check its signature, times and audience with the endpoint and
access key of the connection string, and its hub with --hub. "-" reads the token
from stdin; a client URL with access_token is checked as a whole.`,
		Example: `  wps token inspect "$TOKEN"
  wps negotiate --hub chat -o token | wps token inspect -
  wps token inspect -o json "$TOKEN"`,
		Annotations: cli.Exits("  1    not a token", cli.ExitLineUsage, "  4    the service would reject it: signature, times, audience"),
		Args:        cli.ExactArgs("TOKEN"),
		RunE: func(c *cobra.Command, args []string) error {
			text := args[0]
			if text == "-" {
				all, err := io.ReadAll(io.LimitReader(env.Stdin, maxToken))
				if err != nil {
					return fmt.Errorf("read the token: %v", err)
				}
				text = string(all)
			} else {
				env.NoteUnread("the token is the argument")
			}
			text, err := smallinput.Token().Read(text)
			if err != nil {
				return cli.Usagef("%v", err)
			}
			text, carrier := bareToken(text)
			if text == "" {
				return cli.Usage("the token is empty", "the variable or pipe that it comes from may be empty")
			}
			return inspectToken(env, text, carrier)
		},
	}
}

// bareToken returns the token in a client URL, in the JSON output of negotiate or
// in a header. carrier is the URL that contains it, nil if none does.
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

// tokenReport is the JSON output of "wps token inspect".
type tokenReport struct {
	Kind     string          `json:"kind"`
	Hub      string          `json:"hub,omitempty"`
	Endpoint string          `json:"endpoint,omitempty"`
	Valid    bool            `json:"valid"`
	Problem  string          `json:"problem,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	Expires  *time.Time      `json:"expires,omitempty"`
	Header   json.RawMessage `json:"header"`
	Claims   json.RawMessage `json:"claims"`
}

func inspectToken(env *cli.Env, text string, carrier *url.URL) error {
	seen, err := token.Inspect(text)
	if err != nil {
		return cli.WithHint(fmt.Errorf("inspect the token: %w", err), "to create a token, use wps negotiate -o token")
	}
	v, err := checkToken(env.Settings, text, seen, carrier)
	if err != nil {
		return err
	}
	report := tokenReport{
		Kind: string(seen.Kind), Hub: seen.Hub, Endpoint: seen.Endpoint,
		Valid: v.good(), Problem: v.problem(), Header: seen.RawHeader, Claims: seen.RawClaims,
	}
	if v.good() {
		report.Warnings = v.faults()
	}
	if !seen.Claims.Expires.IsZero() {
		report.Expires = &seen.Claims.Expires
	}
	if env.Out.JSON() {
		err = env.Out.PrintJSON(report)
	} else {
		err = env.Out.PrintLine(tokenText(env.Out, seen, v))
	}
	if err == nil && !v.good() {
		err = cli.ExitCode(cli.ExitUnauthorized)
	}
	return err
}

// tokenText returns the text output for a token.
func tokenText(out *cli.Printer, t token.Inspection, v tokenVerdict) string {
	var b strings.Builder
	line := func(name, value string) {
		fmt.Fprintf(&b, "%s %s\n", out.StdoutColors.Name(fmt.Sprintf("%-10s", name)), value)
	}
	row := func(name, value string) {
		if value != "" {
			line(name, out.Printable(value))
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
	row("issued", formatTime(t.Claims.IssuedAt))
	row("expires", formatTime(t.Claims.Expires))
	if claims := indented(t.RawClaims); claims != "" {
		line("claims", out.PrintableLines(claims, ""))
	}
	if v.good() {
		line("verdict", out.StdoutColors.Good("good")+": "+out.Printable(v.reason()))
	} else {
		line("verdict", out.StdoutColors.Bad("rejected")+": "+out.Printable(v.problem()))
	}
	return strings.TrimRight(b.String(), "\n")
}

// formatTime returns a time and its distance from now; "" for the zero time.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	left := time.Until(t).Round(time.Second)
	switch {
	case left == 0:
		return fmt.Sprintf("%s (now)", t.Format(time.RFC3339))
	case left < 0:
		return fmt.Sprintf("%s (%v ago)", t.Format(time.RFC3339), -left)
	}
	return fmt.Sprintf("%s (in %v)", t.Format(time.RFC3339), left)
}

func indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "           ", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
