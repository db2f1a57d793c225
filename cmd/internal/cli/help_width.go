package cli

import (
	"io"
	"os"
	"strconv"

	"wps/cmd/internal/stdio"
)

// minColumns is the least width that $COLUMNS may ask for.
const minColumns = 20

// helpWidth returns the width of help that is written to w, 0 for no limit: that of
// the terminal, of $COLUMNS, or, for a pipe to a pager, of the terminal that stderr
// or stdin is.
func helpWidth(w io.Writer, env *Env) int {
	if width := stdio.Width(w); width > 0 {
		return width
	}
	if v, _ := env.Settings.LookupEnv("COLUMNS"); v != "" {
		if width, err := strconv.Atoi(v); err == nil && width >= minColumns {
			return width
		}
	}
	if !isPipe(w) {
		return 0
	}
	if width := stdio.Width(env.Out.Stderr.Stream()); width > 0 {
		return width
	}
	if stdin, ok := env.Stdin.(*os.File); ok {
		return stdio.Width(stdin)
	}
	return 0
}

// isPipe reports whether w is a pipe, as to a pager.
func isPipe(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}
