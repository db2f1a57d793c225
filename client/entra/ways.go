package entra

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"wps/token"
)

// way is one way to sign in.
type way struct {
	name string
	kind token.IdentityKind
	// make returns a credential, or an *unavailableError if the way is not set up.
	make func(context.Context) (azcore.TokenCredential, error)
	// optional means that a failure does not prevent the next way.
	optional bool
}

// unavailableError is a way that is not set up.
type unavailableError struct{ text string }

func (e *unavailableError) Error() string { return e.text }

// builder makes the credentials of azidentity.
type builder struct {
	id        token.Identity
	lookupEnv func(string) (string, bool)
	client    azcore.ClientOptions
	private   bool
	http      *http.Client
}

// newChain returns the ways to try, in order.
func newChain(o Options, carrier *network) ([]way, error) {
	kinds, err := kindsOf(o)
	if err != nil {
		return nil, err
	}
	from := authorityOf(o.Endpoint, o.LookupEnv)
	b := &builder{id: o.Identity, lookupEnv: o.LookupEnv, private: from.private}
	b.http = &http.Client{Transport: carrier}
	b.client = azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: from.host},
		Transport: b.http,
		Retry:     policy.RetryOptions{MaxRetries: 2, RetryDelay: 400 * time.Millisecond, MaxRetryDelay: 5 * time.Second},
		Telemetry: policy.TelemetryOptions{ApplicationID: "wps"},
	}
	all := map[token.IdentityKind]way{
		token.IdentityEnv:      {name: "environment", make: b.application},
		token.IdentityWorkload: {name: "workload identity", make: b.workload},
		token.IdentityManaged:  {name: "managed identity", make: b.managed, optional: true},
		token.IdentityCLI:      {name: "Azure CLI", make: b.azureCLI, optional: true},
		token.IdentityAzd:      {name: "Azure Developer CLI", make: b.developerCLI, optional: true},
	}
	ways := make([]way, len(kinds))
	for i, kind := range kinds {
		ways[i] = all[kind]
		ways[i].kind = kind
	}
	return ways, nil
}

// kindsOf returns the ways of the identity, or those that AZURE_TOKEN_CREDENTIALS
// leaves.
//
// Source: the documentation of DefaultAzureCredential.
func kindsOf(o Options) ([]token.IdentityKind, error) {
	if o.Identity.Kind != token.IdentityAny {
		return []token.IdentityKind{o.Identity.Kind}, nil
	}
	all := token.IdentityKinds()
	text, given := o.LookupEnv("AZURE_TOKEN_CREDENTIALS")
	switch {
	case !given || text == "":
		return all, nil
	case strings.EqualFold(text, "prod"):
		return all[:3], nil
	case strings.EqualFold(text, "dev"):
		return all[3:], nil
	}
	kind, err := token.ParseIdentityKind(text)
	if err != nil {
		return nil, fmt.Errorf("$AZURE_TOKEN_CREDENTIALS is %q: use dev, prod, EnvironmentCredential, WorkloadIdentityCredential, ManagedIdentityCredential, AzureCLICredential or AzureDeveloperCLICredential", text)
	}
	return []token.IdentityKind{kind}, nil
}

// setting returns a value of the identity, or of a variable.
func (b *builder) setting(own, variable string) string {
	if own != "" {
		return own
	}
	text, _ := b.lookupEnv(variable)
	return text
}

// missing returns the error of a way for which variables are not set; nil if all
// are. It has pairs of a value and the name of its variable.
func missing(pairs ...string) error {
	var names []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "" {
			names = append(names, pairs[i+1])
		}
	}
	switch len(names) {
	case 0:
		return nil
	case 1:
		return &unavailableError{names[0] + " is not set"}
	}
	return &unavailableError{strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " are not set"}
}

// application signs in with the secret or the certificate of an application.
func (b *builder) application(context.Context) (azcore.TokenCredential, error) {
	tenant, client := b.setting(b.id.TenantID, "AZURE_TENANT_ID"), b.setting(b.id.ClientID, "AZURE_CLIENT_ID")
	secret := b.setting(b.id.ClientSecret.Reveal(), "AZURE_CLIENT_SECRET")
	path := b.setting(b.id.CertificatePath, "AZURE_CLIENT_CERTIFICATE_PATH")
	either := secret
	if either == "" {
		either = path
	}
	if err := missing(tenant, "AZURE_TENANT_ID", client, "AZURE_CLIENT_ID", either, "AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)"); err != nil {
		return nil, err
	}
	if secret != "" {
		return azidentity.NewClientSecretCredential(tenant, client, secret, &azidentity.ClientSecretCredentialOptions{
			ClientOptions: b.client, DisableInstanceDiscovery: b.private,
		})
	}
	return b.certificate(tenant, client, path)
}

func (b *builder) certificate(tenant, client, path string) (azcore.TokenCredential, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	var password []byte
	if text, _ := b.lookupEnv("AZURE_CLIENT_CERTIFICATE_PASSWORD"); text != "" {
		password = []byte(text)
	}
	certificates, key, err := azidentity.ParseCertificates(data, password)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %v", path, err)
	}
	chain, _ := b.lookupEnv("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN")
	return azidentity.NewClientCertificateCredential(tenant, client, certificates, key, &azidentity.ClientCertificateCredentialOptions{
		ClientOptions: b.client, DisableInstanceDiscovery: b.private, SendCertificateChain: chain == "1" || strings.EqualFold(chain, "true"),
	})
}

// workload signs in with a federated token: of a file, as in Kubernetes, or of
// GitHub Actions.
func (b *builder) workload(context.Context) (azcore.TokenCredential, error) {
	tenant, client := b.setting(b.id.TenantID, "AZURE_TENANT_ID"), b.setting(b.id.ClientID, "AZURE_CLIENT_ID")
	file, _ := b.lookupEnv("AZURE_FEDERATED_TOKEN_FILE")
	github, _ := b.lookupEnv("ACTIONS_ID_TOKEN_REQUEST_URL")
	source := file
	if source == "" {
		source = github
	}
	if err := missing(tenant, "AZURE_TENANT_ID", client, "AZURE_CLIENT_ID", source, "AZURE_FEDERATED_TOKEN_FILE (or, in GitHub Actions, the permission id-token: write)"); err != nil {
		return nil, err
	}
	if file == "" {
		return azidentity.NewClientAssertionCredential(tenant, client, b.githubToken, &azidentity.ClientAssertionCredentialOptions{
			ClientOptions: b.client, DisableInstanceDiscovery: b.private,
		})
	}
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: b.client, DisableInstanceDiscovery: b.private, ClientID: client, TenantID: tenant, TokenFilePath: file,
	})
}

// managed signs in with the managed identity of the machine.
func (b *builder) managed(ctx context.Context) (azcore.TokenCredential, error) {
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: b.client}
	if id := b.setting(b.id.ClientID, "AZURE_CLIENT_ID"); id != "" {
		o.ID = azidentity.ClientID(id)
	}
	if err := b.probeIdentityEndpoint(ctx); err != nil {
		return nil, err
	}
	return azidentity.NewManagedIdentityCredential(o)
}

// azureCLI signs in with "az account get-access-token".
func (b *builder) azureCLI(context.Context) (azcore.TokenCredential, error) {
	if err := installed("az"); err != nil {
		return nil, err
	}
	return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: b.id.TenantID})
}

// developerCLI signs in with "azd auth token".
func (b *builder) developerCLI(context.Context) (azcore.TokenCredential, error) {
	if err := installed("azd"); err != nil {
		return nil, err
	}
	return azidentity.NewAzureDeveloperCLICredential(&azidentity.AzureDeveloperCLICredentialOptions{TenantID: b.id.TenantID})
}

func installed(program string) error {
	if _, err := exec.LookPath(program); err != nil {
		return &unavailableError{program + " is not installed, or not on the PATH"}
	}
	return nil
}
