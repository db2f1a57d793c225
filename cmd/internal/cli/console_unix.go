//go:build unix

package cli

import "os"

// takesColours tells whether a terminal obeys control sequences.
func takesColours(*os.File) bool { return true }
