package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"wps/cmd/internal/settings"
	"wps/cmd/internal/smallinput"
	"wps/protocol"
	"wps/token"
)

// connectionHint is the next step after a connection string that cannot be used.
const connectionHint = "copy the whole connection string, with AccessKey=..., from the service's page \"Keys\""

// Service returns the service: its endpoint, and either its access key or an
// identity to sign in with. The first call logs it.
func (s *Settings) Service() (token.ConnectionString, Setting, error) {
	found, first := s.resolveService()
	if first && found.err == nil && s.log.Enabled(context.Background(), slog.LevelInfo) {
		s.logSettings()
	}
	return found.cs, found.source, found.err
}

// resolveService looks for the service once; first reports whether it was this call.
func (s *Settings) resolveService() (found resolved, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.resolve(); s.service == nil {
		r := s.findService()
		s.service, first = &r, true
		if r.err == nil {
			s.logService(r)
			s.useProxies()
		}
	}
	return *s.service, first
}

// logSettings logs the settings that have no line of their own.
func (s *Settings) logSettings() {
	rows, err := s.Describe(false)
	if err != nil {
		return // the command that needs the setting reports it
	}
	own := []string{"endpoint", "authentication", "access key", "context", "file", "hub", "proxy", "ca file", "connection string command"}
	for _, r := range rows {
		if !slices.Contains(own, r.Name) {
			s.log.Info("setting", "name", r.Name, "value", r.Value, "from", r.Source)
		}
	}
}

// Connection is Service for a command that needs the access key.
func (s *Settings) Connection() (token.ConnectionString, Setting, error) {
	cs, source, err := s.Service()
	if err == nil && cs.Identity != nil {
		err = Usage(fmt.Sprintf("%s has no access key, which this command needs", source.From), "set WPS_CONNECTION_STRING to a connection string with AccessKey=...")
	}
	return cs, source, err
}

// ConnectionSetting returns the source of the service.
func (s *Settings) ConnectionSetting() (Setting, error) {
	_, source, err := s.Service()
	return source, err
}

func (s *Settings) logService(r resolved) {
	authentication := "access key"
	if r.cs.Identity != nil {
		authentication = "Entra ID"
	}
	s.log.Info("service", "endpoint", r.cs.Endpoint.String(), "from", r.source.From, "authentication", authentication)
	if c, err := s.resolve().SelectedContext(); err == nil && c.Context != nil {
		s.log.Info("context", "context", c.Context.Name, "from", c.From, "file", c.Context.File)
	}
}

// findService looks for the service and checks it.
func (s *Settings) findService() resolved {
	found, err := s.resolve().Service()
	if err != nil {
		return resolved{source: Setting{From: found.From()}, err: settingError(err)}
	}
	r := resolved{source: Setting{From: found.From()}}
	switch {
	case found.Endpoint.IsSet():
		r.cs, r.err = endpointOnly(found)
	case found.ConnectionString.IsSet():
		r.cs, r.source, r.err = connectionText(found.ConnectionString)
	default:
		r.source.From = FromDefault
		r.cs, r.err = token.ParseConnectionString("Endpoint=" + protocol.DefaultEndpoint + ";AccessKey=" + protocol.DefaultAccessKey + ";Version=1.0;")
	}
	if r.err == nil {
		r.err = s.applyCredential(&r)
	}
	return r
}

// connectionText reads a connection string; of the flag, it may be @FILE.
func connectionText(v settings.Value) (token.ConnectionString, Setting, error) {
	source := Setting{From: v.From}
	text, err := "", error(nil)
	if path, isFile := strings.CutPrefix(v.Text, "@"); isFile && v.From == "--connection-string" {
		if text, err = smallinput.ConnectionString().ReadFile(path); err != nil {
			return token.ConnectionString{}, source, Usage(err.Error(), "@FILE must name a readable file that contains the connection string")
		}
		source.From = path
	} else if text, err = smallinput.ConnectionString().Read(v.Text); err != nil {
		return token.ConnectionString{}, source, Usage(fmt.Sprintf("%s: %v", v.From, err), connectionHint)
	}
	if err := smallinput.CheckPlaceholders(text); err != nil {
		return token.ConnectionString{}, source, Usage(fmt.Sprintf("%s: %v", source.From, err), connectionHint)
	}
	cs, err := token.ParseConnectionString(text)
	switch {
	case errors.Is(err, token.ErrNoAccessKey):
		return cs, source, Usage(fmt.Sprintf("%s: %v", source.From, err), connectionHint+"; to sign in with Entra ID, use --endpoint, or AuthType=azure in its place")
	case err != nil:
		return cs, source, Usage(fmt.Sprintf("%s: %v", source.From, err), "the form is Endpoint=https://NAME.webpubsub.azure.com;AccessKey=KEY;Version=1.0;")
	}
	return cs, source, nil
}

// endpointOnly returns a service without a key.
func endpointOnly(found settings.Service) (token.ConnectionString, error) {
	from := found.Endpoint.From
	text := smallinput.Bare(found.Endpoint.Text)
	if smallinput.IsConnectionString(text) {
		return token.ConnectionString{}, Usage(from+" is a connection string, not the URL of a service", "put it into --connection-string or WPS_CONNECTION_STRING")
	}
	endpoint, err := token.ParseEndpoint(text)
	if err != nil {
		return token.ConnectionString{}, Usage(fmt.Sprintf("%s: %v", from, err), "the form is https://NAME.webpubsub.azure.com")
	}
	id := &token.Identity{ClientID: found.Identity.ClientID, TenantID: found.Identity.TenantID, ClientSecret: token.NewKey(found.Identity.ClientSecret)}
	if !id.ClientSecret.IsZero() {
		id.Kind = token.IdentityEnv
	}
	if c := found.Identity.Credential; c != "" {
		if id.Kind, err = token.ParseIdentityKind(c); err != nil {
			return token.ConnectionString{}, Usagef("%s: %v", from, err)
		}
	}
	return token.ConnectionString{Endpoint: endpoint, Identity: id}, nil
}

// applyCredential applies --credential and its variable to the identity.
func (s *Settings) applyCredential(r *resolved) error {
	credential, err := s.resolve().Credential()
	if err != nil {
		return settingError(err)
	}
	if r.cs.Identity == nil {
		if credential.From == "--credential" {
			return Usage(fmt.Sprintf("--credential goes with an endpoint: %s has an access key", r.source.From), "add --endpoint https://NAME.webpubsub.azure.com")
		}
		return nil
	}
	if r.cs.Endpoint.Scheme != "https" && !IsLoopback(r.cs.Endpoint) {
		return Usage(fmt.Sprintf("%s: signing in with Entra ID needs an https:// endpoint", r.source.From), "the form is https://NAME.webpubsub.azure.com")
	}
	if !credential.IsSet() {
		return nil
	}
	if r.cs.Identity.Kind, err = token.ParseIdentityKind(credential.Text); err != nil {
		return Usagef("%s: %v", credential.From, err)
	}
	return nil
}
