package emulator

import "wps/emulator/internal/rights"

// RoleFault is what is wrong with a role in a token.
type RoleFault struct {
	Role string
	Text string // follows the role, such as "has no effect: ..."
}

// RoleFaults returns the roles of a token that have no effect, or not the one that
// they seem to have, in the order of the token: the emulator reads roles as the
// service does. Roles that are not the service's have no faults.
func RoleFaults(roles []string) []RoleFault {
	faults := rights.Faults(roles)
	all := make([]RoleFault, len(faults))
	for i, f := range faults {
		all[i] = RoleFault(f)
	}
	return all
}
