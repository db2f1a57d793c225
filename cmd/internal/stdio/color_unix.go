//go:build unix

package stdio

import "os"

// SupportsColor reports whether a terminal interprets control sequences.
func SupportsColor(*os.File) bool { return true }
