package replaycmd

import (
	"encoding/json"
	"fmt"
	"strings"

	"wps/cmd/internal/cli"
	"wps/protocol"
	"wps/protocol/traffic"
)

// rewrite replaces a name, or every name of a field.
type rewrite struct {
	field    string
	old, new string
	any      bool // whatever the old name is
}

type rewrites []rewrite

// parseRewrites reads FIELD=NEW and FIELD:OLD=NEW.
func parseRewrites(texts []string) (all rewrites, err error) {
	for _, text := range texts {
		left, name, ok := strings.Cut(text, "=")
		field, old, one := strings.Cut(left, ":")
		r := rewrite{field: strings.ToLower(strings.TrimSpace(field)), old: old, new: name, any: !one}
		switch {
		case !ok:
			return nil, cli.Usage(fmt.Sprintf("--rewrite %q has no =", text), "use user=u2, or user:u1=u2 for one user")
		case r.field == "user":
		case r.field == "hub":
			err = protocol.CheckHub(name)
		case r.field == "group":
			err = protocol.CheckGroup(name)
		case r.field == "event":
			err = protocol.CheckEventName(name)
		default:
			return nil, cli.Usage(fmt.Sprintf("--rewrite %q: %q cannot be replaced", text, field), "use user, hub, group or event")
		}
		if err != nil {
			return nil, cli.Usagef("--rewrite %q: %v", text, err)
		}
		all = append(all, r)
	}
	return all, nil
}

// apply changes the names of an object.
func (all rewrites) apply(o *traffic.Object) {
	for _, r := range all {
		switch r.field {
		case "user":
			r.user(o)
		case "hub":
			r.set(&o.Hub)
			r.path(o, "hubs")
		case "group":
			r.set(&o.Group)
			r.path(o, "groups")
			if o.Opening != nil {
				for i := range o.Groups {
					r.set(&o.Groups[i])
				}
				for i := range o.Roles {
					r.role(&o.Roles[i])
				}
			}
		case "event":
			if o.Handling == nil || o.EventType == protocol.EventUser {
				r.set(&o.Event)
			}
		}
	}
}

// set replaces a name that is present.
func (r *rewrite) set(name *string) {
	if *name != "" && (r.any || *name == r.old) {
		*name = r.new
	}
}

// role replaces the group that a role is for.
func (r *rewrite) role(role *string) {
	for _, prefix := range []string{protocol.RoleJoinLeaveGroup + ".", protocol.RoleSendToGroup + "."} {
		if group, ok := strings.CutPrefix(*role, prefix); ok {
			r.set(&group)
			*role = prefix + group
		}
	}
}

// user replaces the user of a connection, and in the data of a connect event.
func (r *rewrite) user(o *traffic.Object) {
	before := o.UserID
	r.set(&o.UserID)
	r.path(o, "users")
	if before == o.UserID || o.Handling == nil || o.Event != protocol.EventConnect || o.EventType != protocol.EventSystem || o.Payload == nil {
		return
	}
	data, whole := o.Raw()
	var c protocol.ConnectRequest
	if !whole || json.Unmarshal(data, &c) != nil || c.Claims["sub"] == nil {
		return
	}
	c.Claims["sub"] = []string{o.UserID}
	if text, err := json.Marshal(c); err == nil {
		o.SetPayload(o.DataType, text)
	}
}

// path replaces the name that follows a word in the path of a REST request.
func (r *rewrite) path(o *traffic.Object, word string) {
	if o.HTTP == nil {
		return
	}
	path, query, _ := strings.Cut(o.Path, "?")
	parts := strings.Split(path, "/")
	for i := range len(parts) - 1 {
		if !strings.EqualFold(parts[i], word) {
			continue
		}
		name := protocol.UnescapeSegment(parts[i+1])
		r.set(&name)
		parts[i+1] = protocol.EscapeSegment(name)
	}
	o.HTTP = &traffic.HTTP{Method: o.Method, Path: strings.Join(parts, "/")}
	if query != "" {
		o.Path += "?" + query
	}
}
