package output

import (
	"maps"
	"slices"
	"strings"

	"wps/internal/suggest"
)

// actions are the 14 actionName objects of the Functions extension, by name in
// lower case.
//
// Source: Azure/azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.WebPubSub,
// classes named ...Action.
var actions = map[string]func(*object) Event{
	"sendtoall":        func(o *object) Event { return o.sendAction(TargetAll, "") },
	"sendtoconnection": func(o *object) Event { return o.sendAction(TargetConnections, "connectionId") },
	"sendtouser":       func(o *object) Event { return o.sendAction(TargetUsers, "userId") },
	"sendtogroup":      func(o *object) Event { return o.sendAction(TargetGroups, "groupId") },

	"addusertogroup":            func(o *object) Event { return o.groupAction(GroupJoin, TargetUsers, "userId") },
	"removeuserfromgroup":       func(o *object) Event { return o.groupAction(GroupLeave, TargetUsers, "userId") },
	"removeuserfromallgroups":   func(o *object) Event { return o.groupAction(GroupLeaveAll, TargetUsers, "userId") },
	"addconnectiontogroup":      func(o *object) Event { return o.groupAction(GroupJoin, TargetConnections, "connectionId") },
	"removeconnectionfromgroup": func(o *object) Event { return o.groupAction(GroupLeave, TargetConnections, "connectionId") },

	"closeallconnections":   func(o *object) Event { return o.closeAction(TargetAll, "") },
	"closegroupconnections": func(o *object) Event { return o.closeAction(TargetGroups, "groupId") },
	"closeclientconnection": func(o *object) Event {
		return &CloseConnectionEvent{ConnectionID: o.text("connectionId"), Reason: o.text("reason")}
	},

	"grantpermission":  func(o *object) Event { return o.permissionAction(PermissionGrant) },
	"revokepermission": func(o *object) Event { return o.permissionAction(PermissionRevoke) },

	// As they were called in the first previews.
	"grantgrouppermission":  func(o *object) Event { return o.permissionAction(PermissionGrant) },
	"revokegrouppermission": func(o *object) Event { return o.permissionAction(PermissionRevoke) },
}

// actionNames maps members to the names that the extension has for them.
var actionNames = map[string]string{"groupId": "group", "message": "data", "excludes": "excluded"}

// actionEvent returns the event of an object that names its action, nil if there is
// no such action.
func (o *object) actionEvent() Event {
	name := o.text("actionName")
	read, ok := actions[strings.ToLower(name)]
	if !ok {
		if !o.hasFault("actionName") {
			o.add("actionName", "cannot be "+quoted(name)+": use one of the 14 actions of the Functions binding, such as "+nearestAction(name))
		}
		return nil
	}
	if o.has("type") {
		o.add("type", "and actionName exclude each other")
	}
	for member, theirs := range actionNames {
		if _, own := o.alias[member]; !own && !o.has(member) {
			o.setAlias(member, theirs)
		}
	}
	ev := read(o)
	o.refuseUnused(name)
	return ev
}

// nearestAction returns an action close to name, or the simplest one.
func nearestAction(name string) string {
	for _, known := range slices.Sorted(maps.Keys(actions)) {
		if suggest.Distance(strings.ToLower(name), known) <= 2 {
			return known
		}
	}
	return "sendToAll"
}

// actionTarget returns the member that names the target, "" for an action without
// one. Faults of the target use the name of the member.
func (o *object) actionTarget(member string) string {
	if member == "" {
		return ""
	}
	o.setAlias("targetId", member)
	return o.text(member)
}

func (o *object) sendAction(t TargetType, member string) Event {
	ev := &MessageEvent{TargetType: t, TargetID: o.actionTarget(member)}
	o.readContent(ev)
	return ev
}

func (o *object) groupAction(a GroupAction, t TargetType, member string) Event {
	ev := &GroupEvent{GroupAction: a, TargetType: t, TargetID: o.actionTarget(member)}
	if a != GroupLeaveAll {
		ev.GroupID = o.text("groupId")
	}
	return ev
}

func (o *object) closeAction(t TargetType, member string) Event {
	return &CloseConnectionEvent{TargetType: t, TargetID: o.actionTarget(member), Reason: o.text("reason"), Excludes: o.list("excludes")}
}

func (o *object) permissionAction(a PermissionAction) Event {
	if group := o.find("groupId"); group != nil && !o.has("targetName") { // of the first previews
		group.name = "targetName"
		o.setAlias("targetName", "groupId")
	}
	return &PermissionEvent{
		PermissionAction: a, ConnectionID: o.text("connectionId"),
		Permission: readPermissionName(o), TargetName: o.text("targetName"),
	}
}
