package service

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"wps/cmd/internal/cli"
	"wps/emulator"
	"wps/protocol"
)

// serviceRole matches a role that the service knows: for all groups, for one
// group, or in the plural for a pattern of groups. It is case-sensitive.
var serviceRole = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\Awebpubsub\.(?:(?:sendToGroup|joinLeaveGroup|getGroupState|setGroupState)(?:\..+)?|(?:sendToGroups|joinLeaveGroups)\..+)\z`)
})

// WarnAboutRoles warns about the roles of a token that do not do what they seem to.
func WarnAboutRoles(out *cli.Printer, roles []string) {
	for _, text := range RoleFaults(roles) {
		out.Warn(text)
	}
}

// RoleFaults says what is wrong with the roles of a token: those that look like
// misspelled roles of the service, which ignores unknown roles, and those that the
// service reads in another way than they look. Custom roles are left alone.
func RoleFaults(roles []string) (texts []string) {
	faults := emulator.RoleFaults(roles)
	for _, role := range roles {
		own := ""
		if len(faults) > 0 && faults[0].Role == role {
			own, faults = faults[0].Text, faults[1:]
		}
		switch meant := meantRole(role); {
		case isRoleList(role):
			texts = append(texts, fmt.Sprintf("%q is one role: repeat --role for each", role))
		case meant != "":
			texts = append(texts, fmt.Sprintf("the service ignores the role %q: did you mean %s?", role, meant))
		case own != "":
			texts = append(texts, fmt.Sprintf("the role %q %s", role, own))
		}
	}
	return texts
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
			return known + restOfRole(role[len(role)-len(after):])
		}
	}
	return ""
}

// restOfRole returns what follows the name of a permission in a role, as the service
// writes it: nothing, or a dot and a group, or an s before them.
func restOfRole(rest string) string {
	rest = strings.TrimSpace(rest)
	plural, group := "", rest
	if after, ok := cutPlural(rest); ok {
		plural, group = "s", after
	}
	if group = strings.TrimLeft(group, ".:/_- "); group == "" {
		return ""
	}
	return plural + "." + group
}

// cutPlural cuts the s of a plural, which something else than a letter follows.
func cutPlural(rest string) (after string, ok bool) {
	if len(rest) == 0 || rest[0] != 's' && rest[0] != 'S' {
		return "", false
	}
	after = rest[1:]
	return after, after == "" || strings.ContainsRune(".:/_- ", rune(after[0]))
}
