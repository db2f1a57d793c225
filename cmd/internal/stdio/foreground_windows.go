package stdio

// Foreground reports that a console sends Ctrl-C to all its processes.
func Foreground() (terminal, foreground bool) { return true, true }
