package stdio

import (
	"os"

	"golang.org/x/sys/windows"
)

// SupportsColor reports whether a console interprets control sequences. It turns
// that on where it is off, as it is by default in older consoles.
func SupportsColor(console *os.File) bool {
	h := windows.Handle(console.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
