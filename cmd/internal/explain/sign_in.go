package explain

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"wps/client"
	"wps/client/entra"
	"wps/cmd/internal/cli"
	"wps/token"
)

// signInHint returns the next step after a sign-in that failed, "" for other
// errors.
func signInHint(err error) string {
	failed, ok := errors.AsType[*entra.Error](err)
	if !ok || len(failed.Tried) == 0 {
		return ""
	}
	last := failed.Tried[len(failed.Tried)-1]
	tried := func(kind token.IdentityKind) bool {
		return slices.ContainsFunc(failed.Tried, func(a entra.Attempt) bool { return a.Kind == kind })
	}
	switch {
	case strings.Contains(err.Error(), "not trusted"):
		return "name a file with the certificate of that authority in --ca-file or WPS_CA_FILE"
	case strings.Contains(last.Reason, "AADSTS53003"), strings.Contains(last.Reason, "AADSTS530034"), strings.Contains(last.Reason, "AADSTS65001"), strings.Contains(last.Reason, "AADSTS50105"):
		return "ask the administrator of the tenant, or use another identity with --credential"
	case tried(token.IdentityCLI):
		return "sign in with \"az login\", or set WPS_CONNECTION_STRING to a connection string with an access key"
	case last.Kind == token.IdentityAzd:
		return "sign in with \"azd auth login\""
	case last.Kind == token.IdentityWorkload:
		return "in GitHub Actions, give the job the permission id-token: write, and set AZURE_CLIENT_ID and AZURE_TENANT_ID"
	case last.Kind == token.IdentityManaged:
		return "enable a managed identity for this Azure resource; elsewhere, use --credential cli after \"az login\""
	}
	return "correct AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or use another identity with --credential"
}

// identityRefusal adds a hint to a refusal of a request that was signed in with
// Entra ID. With an access key the reasons are others.
func identityRefusal(s *cli.Settings, err error) error {
	refused, ok := errors.AsType[*client.Error](err)
	cs, _, settingErr := s.Service()
	if !ok || settingErr != nil || cs.Identity == nil || errors.Is(err, client.ErrNotService) || cli.Hint(err) != "" {
		return err
	}
	switch refused.Status {
	case http.StatusUnauthorized:
		return cli.WithHint(err, "the service does not accept the identity's token: the endpoint must be that of a Web PubSub service, and this machine's clock must be right")
	case http.StatusForbidden:
		return cli.WithHint(err, "the identity needs the role \"Web PubSub Service Owner\" on the service (az role assignment create --role ...), which takes some minutes to apply; or a network rule of the service refuses this machine")
	}
	return err
}
