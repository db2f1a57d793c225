package service

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"wps/cmd/internal/cli"
	"wps/protocol"
)

// serviceRole is a role that the service knows: alone, for one group, or in the
// plural for a pattern of groups. It minds the case.
var serviceRole = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\Awebpubsub\.(?:(?:sendToGroup|joinLeaveGroup|getGroupState|setGroupState)(?:\..+)?|(?:sendToGroups|joinLeaveGroups)\..+)\z`)
})

// WarnAboutRoles warns of roles that look like the service's and are none, because
// it ignores what it does not know. A role of the user's own is left alone.
func WarnAboutRoles(env *cli.Env, roles []string) {
	for _, role := range roles {
		if isRoleList(role) {
			env.Out.Warn(fmt.Sprintf("%q is one role: repeat --role for each", role))
		} else if meant := meantRole(role); meant != "" {
			env.Out.Warn(fmt.Sprintf("the service ignores the role %q: did you mean %s?", role, meant))
		}
	}
}

// isRoleList reports whether a role is probably meant as several. A comma may
// also be part of the name of a role's group.
func isRoleList(role string) bool {
	parts := strings.Split(role, ",")
	for _, part := range parts[1:] {
		if strings.HasPrefix(strings.TrimSpace(part), "webpubsub.") {
			return true
		}
	}
	return len(parts) > 1 && !serviceRole().MatchString(role)
}

// meantRole is the role that a mistaken one was meant to be; "" when there is
// nothing to say.
func meantRole(role string) string {
	if serviceRole().MatchString(role) {
		return ""
	}
	lower := strings.ToLower(role)
	for _, known := range []string{protocol.RoleSendToGroup, protocol.RoleJoinLeaveGroup} {
		word := strings.ToLower(strings.TrimPrefix(known, "webpubsub."))
		if _, behind, found := strings.Cut(lower, word); found {
			rest := role[len(role)-len(behind):]
			if rest == "s" || rest == "s." || rest == "." {
				rest = ""
			}
			return known + rest
		}
	}
	return ""
}
