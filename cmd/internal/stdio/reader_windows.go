package stdio

import (
	"context"
	"os"
)

// watchReader watches nothing: on Windows a write notices that the reader of a pipe
// has ended.
func watchReader(context.Context, *os.File, func()) (wait func()) { return func() {} }

// holdsInput reports nothing, because a pipe cannot be asked.
func holdsInput(*os.File) bool { return false }
