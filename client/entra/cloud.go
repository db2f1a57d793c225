package entra

import (
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// The ends of the host names of services outside the public cloud.
const (
	china      = ".azure.cn" // operated by 21Vianet
	government = ".azure.us" // Azure Government of the USA
)

// isIn reports whether the host name of a service ends with that of a cloud.
func isIn(endpoint *url.URL, cloud string) bool {
	return strings.HasSuffix(strings.ToLower(endpoint.Hostname()), cloud)
}

// scopeOf returns the scope of the tokens for a service.
//
// Source: the SDKs of Web PubSub, which have one scope for every cloud; that of the
// cloud in China was reported to the .NET SDK by the team that tests it there.
func scopeOf(endpoint *url.URL) string {
	if isIn(endpoint, china) {
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

// newChina is another name of the authority in China. Source: its documentation.
const newChina = "https://login.partner.microsoftonline.cn/"

// authorityOf returns the authority of AZURE_AUTHORITY_HOST, or else that of the
// cloud of a service.
func authorityOf(endpoint *url.URL, lookupEnv func(string) (string, bool)) authority {
	host, _ := lookupEnv("AZURE_AUTHORITY_HOST")
	public := []string{
		cloud.AzurePublic.ActiveDirectoryAuthorityHost, cloud.AzureChina.ActiveDirectoryAuthorityHost, cloud.AzureGovernment.ActiveDirectoryAuthorityHost,
		newChina,
	}
	switch {
	case host != "":
	case isIn(endpoint, china):
		host = public[1]
	case isIn(endpoint, government):
		host = public[2]
	default:
		host = public[0]
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
