package prompt

// onResize does nothing: Windows reports no size. The line is drawn for the size
// that the terminal had at first.
func onResize(func()) (stop func()) { return func() {} }
