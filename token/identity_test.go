package token_test

import (
	"fmt"
	"strings"
	"testing"

	"wps/token"
)

// TestIdentityConnectionString reads each AuthType, writes it, and reads it again.
func TestIdentityConnectionString(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		parts string
		want  token.Identity
	}{
		{"AuthType=azure", token.Identity{}},
		{"authtype=AZURE.Default", token.Identity{}},
		{"AuthType=azure.msi", token.Identity{Kind: token.IdentityManaged}},
		{"AuthType=azure.msi;ClientId=c1", token.Identity{Kind: token.IdentityManaged, ClientID: "c1"}},
		{"ClientId=c1;TenantId=t1;ClientSecret=SECRET==;AuthType=azure.app", token.Identity{
			Kind: token.IdentityEnv, ClientID: "c1", TenantID: "t1", ClientSecret: token.NewKey("SECRET==")}},
		{"AuthType=azure.app;ClientId=c;TenantId=t;ClientCertPath=/a b.pem", token.Identity{
			Kind: token.IdentityEnv, ClientID: "c", TenantID: "t", CertificatePath: "/a b.pem"}},
		{"AuthType=azure.workload", token.Identity{Kind: token.IdentityWorkload}},
		{"AuthType=azure.cli", token.Identity{Kind: token.IdentityCLI}},
		{"AuthType=azure.azd", token.Identity{Kind: token.IdentityAzd}},
	} {
		cs, err := token.ParseConnectionString("Endpoint=https://h.example/;" + tt.parts + ";Version=1.0;")
		if err != nil || cs.Identity == nil || *cs.Identity != tt.want || !cs.Key.IsZero() {
			t.Errorf("%s: %+v, %v, want %+v", tt.parts, cs.Identity, err, tt.want)
			continue
		}
		again, err := token.ParseConnectionString(cs.Reveal())
		if err != nil || *again.Identity != tt.want || again.Endpoint.String() != "https://h.example" {
			t.Errorf("%s: reading %q again: %+v, %v", tt.parts, cs.Reveal(), again.Identity, err)
		}
		if text := fmt.Sprintf("%v %#v", cs, cs); strings.Contains(text, "SECRET") {
			t.Errorf("%s: printed as %s, with the secret", tt.parts, text)
		}
	}
}

func TestIdentityConnectionStringErrors(t *testing.T) {
	t.Parallel()
	for parts, want := range map[string]string{
		"AuthType=azure;AccessKey=SECRET": "AccessKey and AuthType exclude each other in the connection string",
		"AuthType=SECRET":                 "part AuthType: unknown: use azure, azure.msi, azure.app, azure.workload, azure.cli or azure.azd",
		"AuthType=azure;authtype=azure":   "AuthType is given twice in the connection string",
		"AuthType=AccessKey":              "no AccessKey= part in the connection string",
	} {
		if cs, err := token.ParseConnectionString("Endpoint=https://h;" + parts); err == nil || err.Error() != want {
			t.Errorf("%s: %v, %v, want the error %q", parts, cs, err, want)
		}
	}
	cs, err := token.ParseConnectionString("Endpoint=https://h;AuthType=AccessKey;AccessKey=k")
	if err != nil || cs.Identity != nil || cs.Key.Reveal() != "k" {
		t.Errorf("AuthType=AccessKey: %v, %v, want the key", cs, err)
	}
}

func TestParseIdentityKind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]token.IdentityKind{
		"cli": token.IdentityCLI, "CLI": token.IdentityCLI, "AzureCLICredential": token.IdentityCLI, "managedidentity": token.IdentityManaged,
		"ManagedIdentityCredential": token.IdentityManaged, "workload": token.IdentityWorkload, "env": token.IdentityEnv,
		"EnvironmentCredential": token.IdentityEnv, "azd": token.IdentityAzd, "AzureDeveloperCLICredential": token.IdentityAzd,
	} {
		if got, err := token.ParseIdentityKind(text); got != want || err != nil {
			t.Errorf("ParseIdentityKind(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	if _, err := token.ParseIdentityKind("key"); err == nil {
		t.Error(`ParseIdentityKind("key"): no error`)
	}
}
