package explain

import (
	"errors"
	"io/fs"
	"os/exec"

	"wps/cmd/internal/cli"
)

// Hook returns the usage error, with a hint, of a hook that cannot be made.
func Hook(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return cli.Usage(err.Error(), "make the file executable with chmod +x")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return cli.Usage(err.Error(), "a hook is a command: a path such as ./hook.sh, or a program in $PATH")
	}
	return cli.Usagef("%v", err)
}
