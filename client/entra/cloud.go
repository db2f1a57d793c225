package entra

import (
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// isChina reports whether a service is in the cloud that 21Vianet operates.
func isChina(endpoint *url.URL) bool { return strings.HasSuffix(endpoint.Hostname(), ".azure.cn") }

// scopeOf returns the scope of the tokens for a service.
//
// Source: the JavaScript and Go SDKs of Web PubSub.
func scopeOf(endpoint *url.URL) string {
	if isChina(endpoint) {
		return "https://webpubsub.azure.cn/.default"
	}
	return "https://webpubsub.azure.com/.default"
}

// authority is where tokens of applications come from.
type authority struct {
	host string
	// private means that the public directory of authorities does not know it.
	private bool
}

// authorityOf returns the authority of AZURE_AUTHORITY_HOST, or else that of the
// cloud of a service.
func authorityOf(endpoint *url.URL, lookupEnv func(string) (string, bool)) authority {
	host, _ := lookupEnv("AZURE_AUTHORITY_HOST")
	public := []string{
		cloud.AzurePublic.ActiveDirectoryAuthorityHost, cloud.AzureChina.ActiveDirectoryAuthorityHost, cloud.AzureGovernment.ActiveDirectoryAuthorityHost,
	}
	if host == "" {
		host = public[0]
		if isChina(endpoint) {
			host = public[1]
		}
	}
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	for _, known := range public {
		if strings.EqualFold(strings.TrimRight(host, "/"), strings.TrimRight(known, "/")) {
			return authority{host: known}
		}
	}
	return authority{host: host, private: true}
}
