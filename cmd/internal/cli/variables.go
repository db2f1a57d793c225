package cli

import "strings"

// unreadVariables are environment variables of other programs that say which service
// to use, in a form or for a service that wps does not read from there.
func unreadVariables() []string {
	return []string{
		"WebPubSub__ConnectionString", "Azure__WebPubSub__ConnectionString",
		"ConnectionStrings__webpubsub", "ConnectionStrings__WebPubSub", "WebPubSubConnectionString__endpoint",
		"WebPubSub__Endpoint", "WEBPUBSUB_ENDPOINT", "AZURE_WEBPUBSUB_ENDPOINT",
		"Azure__SignalR__ConnectionString", "AzureSignalRConnectionString",
	}
}

// UnreadVariable returns the name of a variable that says which service to use, and
// is not read; "" if none is set.
func (s *Settings) UnreadVariable() string {
	for _, name := range unreadVariables() {
		if v, _ := s.LookupEnv(name); v != "" {
			return name
		}
	}
	return ""
}

// DefaultHint returns the next step when the local emulator is used because no
// service is set, and does not answer.
func (s *Settings) DefaultHint() string {
	hint := `start the emulator with "wps emulator", or set WPS_CONNECTION_STRING` + s.unusedFiles()
	switch name := s.UnreadVariable(); {
	case name == "":
		return hint
	case strings.Contains(name, "SignalR"):
		return hint + "; $" + name + " is of Azure SignalR Service, which is another service"
	default:
		return hint + "; $" + name + " is not read"
	}
}

// Environment returns the environment of ASP.NET, such as Development, which names a
// settings file; "" if none is set.
//
// Source: the documentation of ASP.NET, "Use multiple environments": DOTNET_ENVIRONMENT
// outranks ASPNETCORE_ENVIRONMENT.
func (s *Settings) Environment() string {
	for _, name := range []string{"DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"} {
		if v, _ := s.LookupEnv(name); v != "" {
			return v
		}
	}
	return ""
}
