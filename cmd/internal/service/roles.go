package service

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"wps/cmd/internal/cli"
	"wps/protocol"
)

// serviceRole matches a role that the service knows: for all groups, for one
// group, or in the plural for a pattern of groups. It is case-sensitive.
var serviceRole = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\Awebpubsub\.(?:(?:sendToGroup|joinLeaveGroup|getGroupState|setGroupState)(?:\..+)?|(?:sendToGroups|joinLeaveGroups)\..+)\z`)
})

// WarnAboutRoles warns about roles that look like misspelled roles of the service,
// which ignores unknown roles. Custom roles are left alone.
func WarnAboutRoles(out *cli.Printer, roles []string) {
	for _, role := range roles {
		if isRoleList(role) {
			out.Warn(fmt.Sprintf("%q is one role: repeat --role for each", role))
		} else if meant := meantRole(role); meant != "" {
			out.Warn(fmt.Sprintf("the service ignores the role %q: did you mean %s?", role, meant))
		}
	}
}

// isRoleList reports whether a role is probably a list of roles. A comma may also
// be part of the name of a group.
func isRoleList(role string) bool {
	parts := strings.Split(role, ",")
	for _, part := range parts[1:] {
		if strings.HasPrefix(strings.TrimSpace(part), "webpubsub.") {
			return true
		}
	}
	return len(parts) > 1 && !serviceRole().MatchString(role)
}

// meantRole returns the role of the service that role probably misspells, "" if
// there is none.
func meantRole(role string) string {
	if serviceRole().MatchString(role) {
		return ""
	}
	lower := strings.ToLower(role)
	for _, known := range []string{protocol.RoleSendToGroup, protocol.RoleJoinLeaveGroup} {
		word := strings.ToLower(strings.TrimPrefix(known, "webpubsub."))
		if _, after, found := strings.Cut(lower, word); found {
			rest := role[len(role)-len(after):]
			if rest == "s" || rest == "s." || rest == "." {
				rest = ""
			}
			return known + rest
		}
	}
	return ""
}
