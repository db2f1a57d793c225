package settings

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// FunctionsName is the usual name of the connection in a Functions project.
const FunctionsName = "WebPubSubConnectionString"

// Names of variables, in the order in which they are looked for in a source.
var (
	hubNames        = []string{"WPS_HUB", "WebPubSubHub", "WEBPUBSUB_HUB"}
	credentialNames = []string{"WPS_CREDENTIAL"}
	caFileNames     = []string{"WPS_CA_FILE"}
)

// ServiceNames returns the variables of the service, the first that is set counts:
// our own, that of the Functions binding and its form of an identity, that with the
// prefix of the Functions host, and those of the SDKs' samples. The two with an
// endpoint are an identity, all others connection strings.
func ServiceNames() []string {
	return []string{
		"WPS_CONNECTION_STRING", "WPS_ENDPOINT", FunctionsName, FunctionsName + "__serviceUri",
		"AzureWebJobsWebPubSubConnectionString", "WEBPUBSUB_CONNECTION_STRING", "AZURE_WEBPUBSUB_CONNECTION_STRING",
	}
}

// HubNames returns the variables of the hub, the first that is set counts: our own,
// and those of samples.
func HubNames() []string { return slices.Clone(hubNames) }

// source is one of the sources of variables, or a context.
type source struct {
	lookup  func(name string) (Value, error) // nil for a context
	context *Context
}

// Variable returns a variable of the environment. One that is set but empty is an
// error: the secret or variable that it was set from is probably missing, and the
// default could be another service or hub.
func (r *Resolver) Variable(name string) (Value, error) {
	text, set := r.LookupEnv(name)
	if set && text == "" {
		return Value{}, &Error{Text: "$" + name + " is empty", Hint: "set a value or unset it; the secret or variable that it is set from may be missing"}
	}
	if !set {
		return Value{}, nil
	}
	return Value{text, "$" + name}, nil
}

// walk calls find for each source after the flags, in order, until it reports that
// it found the setting:
//
//   - the context of --context
//   - the environment
//   - the file of --env-file
//   - the file of --functions-settings
//   - the context of WPS_CONTEXT, or else the selected one
//
// A context is followed by the files that it names. Sources are read when they are
// reached.
func (r *Resolver) walk(find func(source) (bool, error)) error {
	steps := []func() ([]source, error){
		func() ([]source, error) { return []source{{lookup: r.Variable}}, nil },
		func() ([]source, error) { return r.fileSources(r.Flags.EnvFile, r.Flags.FunctionsSettings) },
		r.contextSources,
	}
	if r.Flags.Context != "" {
		steps = slices.Concat(steps[2:], steps[:2])
	}
	for _, step := range steps {
		sources, err := step()
		if err != nil {
			return err
		}
		for _, s := range sources {
			if done, err := find(s); done || err != nil {
				return err
			}
		}
	}
	return nil
}

// fileSources returns the sources of files that are named; "" for one that is not.
func (r *Resolver) fileSources(envFile, functions string) (all []source, err error) {
	for _, f := range []struct {
		path string
		read func(string) (*Variables, error)
	}{{envFile, ReadEnvFile}, {functions, ReadFunctionsSettings}} {
		if f.path == "" {
			continue
		}
		vars := r.files[f.path]
		if vars == nil {
			if vars, err = f.read(f.path); err != nil {
				return nil, err
			}
			if r.files == nil {
				r.files = map[string]*Variables{}
			}
			r.files[f.path] = vars
		}
		all = append(all, source{lookup: vars.Lookup})
	}
	return all, nil
}

// contextSources returns the context and the files that it names.
func (r *Resolver) contextSources() ([]source, error) {
	c, err := r.SelectedContext()
	if err != nil || c.Context == nil {
		return nil, err
	}
	files, err := r.fileSources(c.Context.EnvFile, c.Context.FunctionsSettings)
	return append([]source{{context: c.Context}}, files...), err
}

// selected is the context in use, and the source of its name.
type selected struct {
	Context *Context // nil if none is selected
	From    string
}

// SelectedContext returns the context of --context, $WPS_CONTEXT or "wps context
// use".
func (r *Resolver) SelectedContext() (selected, error) {
	if r.loaded != nil {
		return *r.loaded, nil
	}
	store := NewStore(r.LookupEnv)
	name, err := r.contextName(store)
	if err != nil || !name.IsSet() {
		return selected{}, err
	}
	c, err := store.Load(name.Text)
	if err != nil {
		return selected{}, selectedError(err, name)
	}
	r.loaded = &selected{c, name.From}
	return *r.loaded, nil
}

// contextName returns the name of the context to use.
func (r *Resolver) contextName(store *Store) (Value, error) {
	if r.Flags.Context != "" {
		return Value{r.Flags.Context, "--context"}, nil
	}
	name, err := r.Variable("WPS_CONTEXT")
	if err != nil || name.IsSet() && !strings.HasPrefix(name.Text, "{") { // a hook has the context of its event there
		return name, err
	}
	files, err := r.fileSources(r.Flags.EnvFile, "")
	if err != nil {
		return Value{}, err
	}
	for _, f := range files {
		if name, err := f.lookup("WPS_CONTEXT"); err != nil || name.IsSet() {
			return name, err
		}
	}
	selected, err := store.Selected()
	if err != nil || selected == "" {
		return Value{}, err
	}
	return Value{selected, "wps context use"}, nil
}

// selectedError adds to the error of a context that does not exist where its name
// is from.
func selectedError(err error, name Value) error {
	unknown, ok := err.(*unknownContextError) //nolint:errorlint // made here
	if !ok {
		return err
	}
	return &Error{Text: fmt.Sprintf("%s (from %s)", unknown.is.Text, name.From), Hint: unknown.is.Hint}
}

// setting returns the first value of the variables names, or of the member of a
// context.
func (r *Resolver) setting(names []string, member func(*Context) string) (found Value, err error) {
	err = r.walk(func(s source) (bool, error) {
		if s.context != nil {
			if text := member(s.context); text != "" {
				found = Value{text, s.context.from()}
			}
			return found.IsSet(), nil
		}
		for _, name := range names {
			if found, err = s.lookup(name); err != nil || found.IsSet() {
				return true, err
			}
		}
		return false, nil
	})
	return found, err
}

// from returns the context as a source.
func (c *Context) from() string { return fmt.Sprintf("context %q", c.Name) }

// flag returns the value of a flag.
func flag(text, name string) Value {
	if text == "" {
		return Value{}
	}
	return Value{text, name}
}

// Hub returns the hub.
func (r *Resolver) Hub() (Value, error) {
	if v := flag(r.Flags.Hub, "--hub"); v.IsSet() {
		return v, nil
	}
	return r.setting(hubNames, func(c *Context) string { return c.Hub })
}

// Credential returns the way to sign in.
func (r *Resolver) Credential() (Value, error) {
	if v := flag(r.Flags.Credential, "--credential"); v.IsSet() {
		return v, nil
	}
	return r.setting(credentialNames, func(c *Context) string { return c.Credential })
}

// CAFile returns the file of further certificate authorities.
func (r *Resolver) CAFile() (Value, error) {
	if v := flag(r.Flags.CAFile, "--ca-file"); v.IsSet() {
		return v, nil
	}
	return r.setting(caFileNames, func(c *Context) string { return c.CAFile })
}

// Output returns the output format of the context.
func (r *Resolver) Output() (Value, error) {
	return r.setting(nil, func(c *Context) string { return c.Output })
}

// Roles returns the roles of the context, for tokens without any of their own.
func (r *Resolver) Roles() ([]string, error) {
	c, err := r.SelectedContext()
	if err != nil || c.Context == nil {
		return nil, err
	}
	return c.Context.Roles, nil
}

// Unused returns the files in the working directory that hold settings and that
// nothing names.
func (r *Resolver) Unused() []string {
	envFile, functions := r.Flags.EnvFile, r.Flags.FunctionsSettings
	if c, err := r.SelectedContext(); err == nil && c.Context != nil {
		envFile, functions = envFile+c.Context.EnvFile, functions+c.Context.FunctionsSettings
	}
	var unused []string
	for file, used := range map[string]bool{FunctionsFile: functions != "", ".env": envFile != ""} {
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && !used {
			unused = append(unused, file)
		}
	}
	if len(unused) == 2 {
		return []string{FunctionsFile, ".env"}
	}
	return unused
}

// proxyNames are the variables about proxies.
var proxyNames = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"}

// FileProxies returns the variables about proxies of the files that flags and the
// context name, by name. One that is in the environment, in either case, is left out.
func (r *Resolver) FileProxies() map[string]Value {
	found := map[string]Value{}
	_ = r.walk(func(s source) (bool, error) { // an error was reported when the service was looked for
		for _, name := range proxyNames {
			if s.context != nil || found[name].IsSet() || r.has(strings.ToUpper(name)) || r.has(strings.ToLower(name)) {
				continue
			}
			if v, err := s.lookup(name); err == nil && v.IsSet() {
				found[name] = v
			}
		}
		return false, nil
	})
	return found
}

// has reports whether a variable of the environment is set, maybe to nothing.
func (r *Resolver) has(name string) bool {
	_, set := r.LookupEnv(name)
	return set
}

// InFiles returns a variable of the files that flags and the context name.
func (r *Resolver) InFiles(name string) (text string, set bool) {
	_ = r.walk(func(s source) (bool, error) { // an error was reported when the service was looked for
		if s.context != nil {
			return false, nil
		}
		v, err := s.lookup(name)
		text, set = v.Text, v.IsSet()
		return set, err
	})
	return text, set
}
