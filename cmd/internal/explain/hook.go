package explain

import (
	"errors"
	"io/fs"
	"os/exec"

	"wps/cmd/internal/cli"
)

// Hook adds the next step to what is wrong with hooks.
func Hook(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return cli.Usage(err.Error(), "make the file executable, as with chmod +x")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return cli.Usage(err.Error(), "a hook is a command: a path from this folder on, such as ./hook.sh, or a program in $PATH")
	}
	return cli.Usagef("%v", err)
}
