package cli

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// ShellWord returns s as one word for a POSIX shell, quoted only where it must be.
func ShellWord(s string) string {
	if quoted, err := syntax.Quote(s, syntax.LangPOSIX); err == nil {
		return quoted
	}
	// The library rejects a line break, which a message may contain: POSIX has no $'...'.
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
