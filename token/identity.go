package token

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// IdentityKind is a way to sign in with Microsoft Entra ID.
type IdentityKind string

// The ways to sign in. IdentityAny tries all of them.
const (
	IdentityAny      IdentityKind = ""
	IdentityEnv      IdentityKind = "env"      // secret or certificate of an application
	IdentityWorkload IdentityKind = "workload" // federated token of a cluster or of GitHub Actions
	IdentityManaged  IdentityKind = "managed"  // managed identity of an Azure resource
	IdentityCLI      IdentityKind = "cli"      // Azure CLI, az
	IdentityAzd      IdentityKind = "azd"      // Azure Developer CLI, azd
)

// IdentityKinds lists the ways to sign in, in the order in which IdentityAny tries
// them.
func IdentityKinds() []IdentityKind {
	return []IdentityKind{IdentityEnv, IdentityWorkload, IdentityManaged, IdentityCLI, IdentityAzd}
}

// Identity is how to sign in with Microsoft Entra ID, instead of an access key.
// Empty members are taken from the environment.
type Identity struct {
	Kind IdentityKind
	// ClientID is the application or the user-assigned managed identity.
	ClientID string
	TenantID string
	// ClientSecret is the secret of the application; it is hidden like a key.
	ClientSecret Key
	// CertificatePath is a file with the application's certificate and key.
	CertificatePath string
}

// ParseIdentityKind reads a way to sign in: the names of the constants, and those
// that other programs have for them, without regard to case.
func ParseIdentityKind(s string) (IdentityKind, error) {
	switch k := IdentityKind(strings.ToLower(s)); {
	case slices.Contains(IdentityKinds(), k):
		return k, nil
	case k == "managedidentity", k == "managedidentitycredential", k == "msi":
		return IdentityManaged, nil
	case k == "workloadidentity", k == "workloadidentitycredential":
		return IdentityWorkload, nil
	case k == "azurecli", k == "azureclicredential", k == "az", k == "az-cli", k == "azure-cli":
		return IdentityCLI, nil
	case k == "azuredeveloperclicredential":
		return IdentityAzd, nil
	case k == "environment", k == "environmentcredential":
		return IdentityEnv, nil
	}
	return "", fmt.Errorf("unknown way to sign in %q: use cli, azd, env, managed or workload", s)
}

// authTypes are the values of AuthType that mean Entra ID.
//
// Source: the connection strings of the sister service SignalR; the last two are
// ours.
var authTypes = []struct {
	name string
	kind IdentityKind
}{
	{"azure", IdentityAny}, {"azure.default", IdentityAny}, {"azure.msi", IdentityManaged},
	{"azure.app", IdentityEnv}, {"azure.workload", IdentityWorkload},
	{"azure.cli", IdentityCLI}, {"azure.azd", IdentityAzd},
}

// parseIdentity returns the identity of a connection string; nil if it has an
// access key.
func parseIdentity(parts map[string]string) (*Identity, error) {
	text, given := parts["authtype"]
	if !given || strings.EqualFold(text, "AccessKey") {
		return nil, nil
	}
	for _, t := range authTypes {
		if strings.EqualFold(text, t.name) {
			return &Identity{
				Kind: t.kind, ClientID: parts["clientid"], TenantID: parts["tenantid"],
				ClientSecret: NewKey(parts["clientsecret"]), CertificatePath: parts["clientcertpath"],
			}, nil
		}
	}
	if parts["accesskey"] != "" {
		return nil, nil // other programs may know it
	}
	return nil, errors.New("part AuthType: unknown: use azure, azure.msi, azure.app, azure.workload, azure.cli or azure.azd")
}

// text returns the parts of a connection string for i.
func (i *Identity) text(secret string) string {
	var b strings.Builder
	part := func(name, value string) {
		if value != "" {
			b.WriteString(name + "=" + value + ";")
		}
	}
	for _, t := range authTypes {
		if t.kind == i.Kind {
			part("AuthType", t.name)
			break
		}
	}
	part("ClientId", i.ClientID)
	part("TenantId", i.TenantID)
	part("ClientSecret", secret)
	part("ClientCertPath", i.CertificatePath)
	return b.String()
}
