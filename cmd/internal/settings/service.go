package settings

import "fmt"

// Service returns the setting that names the service; none is no error.
func (r *Resolver) Service() (found Service, err error) {
	f := r.Flags
	switch {
	case f.ConnectionString != "" && f.Endpoint != "":
		return found, &Error{Text: "--connection-string and --endpoint exclude each other", Hint: "a connection string has an access key; an endpoint alone signs in with Entra ID"}
	case f.ConnectionString != "":
		return Service{ConnectionString: Value{f.ConnectionString, "--connection-string"}}, nil
	case f.Endpoint != "":
		return Service{Endpoint: Value{f.Endpoint, "--endpoint"}, Identity: r.contextIdentity()}, nil
	}
	err = r.walk(func(s source) (bool, error) {
		if s.context != nil {
			found, err = r.ofContext(s.context)
		} else {
			found, err = ofVariables(s.lookup)
		}
		return found.IsSet(), err
	})
	if err == nil && !found.IsSet() {
		err = r.contextWithoutService()
	}
	return found, err
}

// contextIdentity returns the identity of the context, for an endpoint of a flag.
func (r *Resolver) contextIdentity() Identity {
	if c, err := r.SelectedContext(); err == nil && c.Context != nil {
		return c.Context.identity()
	}
	return Identity{}
}

// contextWithoutService returns the error of a context whose files name no service:
// the default would be another one than the user means.
func (r *Resolver) contextWithoutService() error {
	c, err := r.SelectedContext()
	if err != nil || c.Context == nil {
		return err
	}
	file := c.Context.FunctionsSettings
	if file == "" {
		file = c.Context.EnvFile
	}
	return &Error{Text: fmt.Sprintf("context %q names no service: %s does not set %s", c.Context.Name, file, FunctionsName), Hint: "set it in the file, or add an endpoint to the context with \"wps context edit " + c.Context.Name + "\""}
}

// ofVariables looks for a service in a source of variables.
func ofVariables(lookup func(string) (Value, error)) (found Service, err error) {
	for _, name := range ServiceNames() {
		v, err := lookup(name)
		if err != nil {
			return found, err
		}
		switch {
		case !v.IsSet():
		case name == "WPS_ENDPOINT", name == FunctionsName+"__serviceUri":
			found.Endpoint = v
			if name != "WPS_ENDPOINT" {
				found.Identity, err = functionsIdentity(lookup)
			}
			return found, err
		default:
			found.ConnectionString = v
			return found, nil
		}
	}
	return found, nil
}

// functionsIdentity reads the further settings of an identity-based connection.
//
// Source: the documentation of identity-based connections of Azure Functions.
func functionsIdentity(lookup func(string) (Value, error)) (id Identity, err error) {
	for _, m := range []struct {
		name string
		to   *string
	}{{"credential", &id.Credential}, {"clientId", &id.ClientID}, {"tenantId", &id.TenantID}, {"clientSecret", &id.ClientSecret}} {
		v, err := lookup(FunctionsName + "__" + m.name)
		if err != nil {
			return id, err
		}
		*m.to = v.Text
	}
	return id, nil
}

// ofContext returns the service of a context.
func (r *Resolver) ofContext(c *Context) (found Service, err error) {
	switch {
	case c.Endpoint != "":
		found.Endpoint, found.Identity = Value{c.Endpoint, c.from()}, c.identity()
	case c.ConnectionString != "":
		found.ConnectionString = Value{c.ConnectionString, c.from()}
	case c.ConnectionStringCommand != "":
		found.ConnectionString.From = "connectionStringCommand of " + c.from()
		if r.KeepCommands {
			found.Command = c.ConnectionStringCommand
			return found, nil
		}
		found.ConnectionString.Text, err = r.runSecret(c)
	}
	return found, err
}

func (c *Context) identity() Identity {
	return Identity{Credential: c.Credential, ClientID: c.ClientID, TenantID: c.TenantID}
}
