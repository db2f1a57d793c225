package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// takesColours makes a console obey control sequences, which older ones print
// unless they are asked; false when it cannot.
func takesColours(console *os.File) bool {
	h := windows.Handle(console.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
