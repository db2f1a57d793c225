//go:build unix

package cli

import "os"

// supportsColor reports whether a terminal interprets control sequences.
func supportsColor(*os.File) bool { return true }
