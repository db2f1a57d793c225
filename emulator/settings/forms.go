package settings

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"wps/token"
)

// root reads the whole file in the form that it has, nil for no file, with the
// section that variables make over it, nil for none.
func (r *reader) root(n, variables *yaml.Node) error {
	if n == nil {
		r.selective = true
		return r.service(variables, "WebPubSub")
	}
	if n.Kind == yaml.SequenceNode {
		return r.resources(n, variables)
	}
	all, err := r.entries(n, "the file")
	if err != nil {
		return err
	}
	has := func(name string) bool {
		return slices.ContainsFunc(all, func(e entry) bool { return strings.ToLower(e.key.Value) == name })
	}
	switch {
	case has(section):
		return r.appSettings(all, variables)
	case has("properties"):
		return r.resources(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}, Line: n.Line}, variables)
	}
	if variables != nil {
		n = r.over(n, variables)
	}
	return r.service(n, "the file")
}

// serviceMembers returns the members of the emulator's own form, and of the
// vendor's in the section WebPubSub.
func serviceMembers() []string {
	return []string{"hubs", "accessKey", "allowUnvalidatedEntraTokens"}
}

// service reads what the emulator's own form and the vendor's have in common.
func (r *reader) service(n *yaml.Node, what string) error {
	m, err := r.members(n, what, serviceMembers()...)
	if err != nil {
		return err
	}
	key := m["accessKey"]
	if r.out.AccessKey, err = r.text(key, "accessKey"); err != nil {
		return err
	}
	if r.out.AccessKey == "" && key != nil && r.fromVariable(key) {
		return r.fail(key, "set a value or unset it; the secret or variable that it is set from may be missing", "it is empty")
	}
	if r.out.AccessKey != "" {
		if err := token.CheckKey(r.out.AccessKey); err != nil {
			return r.fail(key, "leave it out for the public default key", "%v", err)
		}
	}
	if r.out.AllowUnvalidatedEntraTokens, err = r.flag(m["allowUnvalidatedEntraTokens"], "allowUnvalidatedEntraTokens"); err != nil {
		return err
	}
	hubs, err := r.entries(m["hubs"], "hubs")
	if err != nil {
		return err
	}
	for _, e := range hubs {
		if err := r.hub(e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

// appSettings reads the appsettings.json of the vendor's emulator. Its other
// sections are those of other programs.
func (r *reader) appSettings(all []entry, variables *yaml.Node) (err error) {
	r.selective = true
	var own *yaml.Node
	for _, e := range all {
		name := strings.ToLower(e.key.Value)
		switch {
		case name == section:
			own = e.value
		case name == "urls":
			if r.out.URLs, err = r.text(e.value, "Urls"); err != nil {
				return err
			}
			r.out.URLsFrom = r.originOf(e.value)
		case misplaced(name):
			return r.fail(e.key, "move it into the section WebPubSub", "%q is outside the section WebPubSub", e.key.Value)
		}
	}
	if variables != nil {
		own = r.over(own, variables)
	}
	return r.service(own, "WebPubSub")
}

// misplaced reports whether a section of an appsettings.json, in lower case, was
// meant for the emulator: .NET takes "WebPubSub:Hubs" for Hubs in WebPubSub.
func misplaced(name string) bool {
	return strings.HasPrefix(name, section+":") ||
		slices.ContainsFunc(serviceMembers(), func(s string) bool { return strings.ToLower(s) == name })
}

// resources reads a list of hubs as Azure prints it.
func (r *reader) resources(n, variables *yaml.Node) error {
	items, err := r.list(n, "the file")
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := r.resource(item); err != nil {
			return err
		}
	}
	r.selective = true
	return r.service(variables, "WebPubSub")
}

// hubType is the type of a hub among the resources of Azure.
const hubType = "Microsoft.SignalRService/WebPubSub/hubs"

// resource reads a hub as Azure prints it.
//
// Source: the resource Microsoft.SignalRService/webPubSub/hubs of the Azure
// Resource Manager, api-version 2024-03-01.
func (r *reader) resource(n *yaml.Node) error {
	r.selective = true
	m, err := r.members(n, "a hub of Azure", "name", "properties", "type", "id", "resourceGroup", "systemData")
	if err != nil {
		return err
	}
	kind, err := r.text(m["type"], "type")
	switch {
	case err != nil:
		return err
	case kind != "" && !strings.EqualFold(kind, hubType):
		return r.fail(m["type"], "use what az webpubsub hub show -o json prints", "a resource of type %q is not a hub", kind)
	}
	name := m["name"]
	text, err := r.text(name, "name")
	switch {
	case err != nil:
		return err
	case text == "":
		return r.fail(n, "use what az webpubsub hub show -o json prints", "a hub of Azure without a name")
	}
	return r.hub(name, m["properties"])
}
