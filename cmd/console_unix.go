//go:build unix

package cmd

import "os"

// takesColours tells whether a terminal obeys control sequences.
func takesColours(*os.File) bool { return true }
