package entra

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"wps/internal/oneline"
)

// maxReason limits a reason, in bytes.
const maxReason = 300

// knownCodes are the reasons for codes of Entra ID that people meet, in words
// shorter than its own.
//
// Source: the list of AADSTS error codes.
var knownCodes = []struct{ code, reason string }{
	{"AADSTS7000215", "the client secret is wrong"},
	{"AADSTS7000222", "the client secret has expired"},
	{"AADSTS700027", "the certificate is not one of this application"},
	{"AADSTS700016", "the application (client id) is unknown in this tenant"},
	{"AADSTS90002", "the tenant does not exist"},
	{"AADSTS900023", "the tenant id is not valid"},
	{"AADSTS700082", "the sign-in has expired"},
	{"AADSTS70043", "the sign-in has expired"},
	{"AADSTS50173", "the sign-in has expired"},
	{"AADSTS70008", "the sign-in has expired"},
	{"AADSTS50076", "the tenant requires multifactor authentication"},
	{"AADSTS50079", "the tenant requires multifactor authentication"},
	{"AADSTS50078", "the multifactor authentication has expired"},
	{"AADSTS53003", "a Conditional Access policy of the tenant forbids it"},
	{"AADSTS530034", "a policy of the tenant forbids it"},
	{"AADSTS50105", "the tenant has not assigned this identity to the application"},
	{"AADSTS65001", "the tenant has not consented to the application"},
	{"AADSTS500011", "the tenant does not know Web PubSub under the name of this cloud"},
	{"AADSTS70021", "no federated credential of the application matches this workflow or pod"},
	{"AADSTS700213", "no federated credential of the application matches this workflow or pod"},
	{"AADSTS700024", "the federated token has expired"},
}

// reasonOf returns why a sign-in failed, in one line. network is the error of its
// last request, nil if that had an answer.
func reasonOf(err error, network *url.Error) string {
	if _, unavailable := errors.AsType[*unavailableError](err); unavailable {
		return err.Error()
	}
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		body, _ := runtime.Payload(failed.RawResponse)
		if text := reasonInBody(body); text != "" {
			return text
		}
		return failed.RawResponse.Request.URL.Host + " answered " + failed.RawResponse.Status
	}
	if network != nil {
		err = network
	}
	if text := networkReason(err); text != "" {
		return text
	}
	return reasonInText(err.Error())
}

// reasonInBody returns the reason in the answer of an authority or of the endpoint
// of a managed identity, "" if there is none.
func reasonInBody(body []byte) string {
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Message     string `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	for _, text := range []string{answer.Description, answer.Message, answer.Error} {
		if text != "" {
			return reasonInText(text)
		}
	}
	return ""
}

// reasonInText shortens a text of Entra ID or of a CLI: the meaning of a known
// code, else the first line.
func reasonInText(text string) string {
	for _, known := range knownCodes {
		if at := strings.Index(text, known.code); at >= 0 && !digitAt(text, at+len(known.code)) {
			return known.reason + " (" + known.code + ")"
		}
	}
	if strings.Contains(text, "az login") {
		return "not signed in: run az login"
	}
	if strings.Contains(text, "azd auth login") {
		return "not signed in: run azd auth login"
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		for _, prefix := range []string{"ERROR: ", "AzureCLICredential: ", "AzureDeveloperCLICredential: ", "ManagedIdentityCredential: ", "ClientSecretCredential: ", "ClientCertificateCredential: ", "ClientAssertionCredential: ", "WorkloadIdentityCredential: ", "ERROR: "} {
			line = strings.TrimPrefix(line, prefix)
		}
		for _, rest := range []string{" To troubleshoot,", " Trace ID:", " Correlation ID:"} {
			line, _, _ = strings.Cut(line, rest)
		}
		if line = strings.TrimRight(oneline.Of(line), ". "); line != "" {
			return line[:cutAt(line, maxReason)]
		}
	}
	return "no reason is known"
}

// digitAt reports whether a code goes on, so that it is another.
func digitAt(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }

// cutAt returns the length of the longest start of s of at most limit bytes that
// ends between two characters.
func cutAt(s string, limit int) int {
	if len(s) <= limit {
		return len(s)
	}
	for limit > 0 && s[limit]&0xc0 == 0x80 {
		limit--
	}
	return limit
}

// networkReason returns the words for an error of the network, "" for others.
func networkReason(err error) string {
	var host string
	var failed *url.Error
	if errors.As(err, &failed) {
		if u, parseErr := url.Parse(failed.URL); parseErr == nil {
			host = u.Host + " "
		}
	}
	var dns *net.DNSError
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return host + "did not answer in time"
	case errors.As(err, &untrusted):
		return host + "has a certificate that is not trusted: add its authority with --ca-file"
	case errors.Is(err, syscall.ECONNREFUSED):
		return host + "refused the connection"
	case errors.As(err, &dns):
		return "no such host: " + dns.Name
	case host != "":
		return host + "cannot be reached: " + oneline.Of(failed.Err.Error())
	}
	return ""
}

// rootOf returns the cause of an error of net/http, which contains a URL.
func rootOf(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
