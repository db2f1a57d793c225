package cmd

import (
	"errors"
	"io/fs"
	"os/exec"
)

// explainHook adds the next step to what is wrong with hooks.
func explainHook(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return usage(err.Error(), "make the file executable, as with chmod +x")
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return usage(err.Error(), "a hook is a command: a path from this folder on, such as ./hook.sh, or a program in $PATH")
	}
	return usagef("%v", err)
}
