package cmd_test

import (
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"wps/client/entra/entratest"
)

// authorityKey is where a script keeps its authority.
const authorityKey = "authority"

// authority is the script command of that name: it starts an authority of Entra ID
// and sets
//
//	$AUTHORITY            its address
//	$CA                   a file with its certificate
//	$TENANT, $CLIENT, $FORBIDDING    what it knows, see package entratest
//
// "authority tokens N" checks how many tokens it has issued.
func authority(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case neg || len(args) != 0 && (len(args) != 2 || args[0] != "tokens"):
		ts.Fatalf("usage: authority [tokens N]")
	case len(args) == 0:
		a := entratest.New()
		ts.Defer(a.Close)
		ts.Value(authorityKey).(*scriptAuthority).Authority = a
		ca := ts.MkAbs("authority.pem")
		ts.Check(os.WriteFile(ca, a.CA, 0o600))
		for name, value := range map[string]string{
			"AUTHORITY": a.URL, "CA": ca, "TENANT": entratest.Tenant, "CLIENT": entratest.ClientID, "FORBIDDING": entratest.Forbidding,
			"SECRET": entratest.Secret, "IDENTITY_SECRET": entratest.IdentityHeader, "GITHUB_SECRET": entratest.GitHubBearer, "TOKEN": entratest.Token("az", 1, 3600e9),
		} {
			ts.Setenv(name, value)
		}
	default:
		want, err := strconv.Atoi(args[1])
		ts.Check(err)
		if got := ts.Value(authorityKey).(*scriptAuthority).Tokens(); got != want {
			ts.Fatalf("%d tokens were issued, want %d", got, want)
		}
	}
}

// scriptAuthority is the authority of a script, nil before it is started.
type scriptAuthority struct{ *entratest.Authority }
