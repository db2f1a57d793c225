package connectcmd

import (
	"maps"
	"slices"
	"strings"
)

// complete returns the words that the one before the cursor may become: commands,
// and the names of groups and kinds of targets after them.
func (t *conversation) complete(before string) []string {
	words := strings.Split(before, " ")
	switch {
	case !strings.HasPrefix(before, "/"):
		return nil
	case len(words) == 1:
		names := slices.Sorted(maps.Keys(talkCommands()))
		for i, name := range names {
			names[i] = "/" + name
		}
		return names
	case words[0] == "/to" && len(words) == 2:
		return []string{"group", "event"}
	case words[0] == "/to" && len(words) == 3 && words[1] == "group",
		len(words) == 2 && slices.Contains([]string{"/send", "/join", "/leave"}, words[0]):
		return t.knownGroups()
	}
	return nil
}

// knownGroups returns the groups of this conversation that are one word.
func (t *conversation) knownGroups() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := slices.Clone(t.joined)
	if t.s.o.toGroup != "" {
		known = append(known, t.s.o.toGroup)
	}
	slices.Sort(known)
	return slices.DeleteFunc(slices.Compact(known), func(g string) bool { return strings.Contains(g, " ") })
}
