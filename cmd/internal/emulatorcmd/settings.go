package emulatorcmd

import (
	"cmp"
	"errors"

	"wps/cmd/internal/cli"
	emusettings "wps/emulator/settings"
)

// readSettings reads a settings file of the emulator. An error in the file is a
// usage error.
func readSettings(path string) (emusettings.Settings, error) {
	s, err := emusettings.Read(path)
	if wrong, ok := errors.AsType[*emusettings.Error](err); ok {
		return s, cli.Usage(wrong.Error(), cmp.Or(wrong.Hint, `"wps emulator --help" shows a settings file`))
	}
	return s, err
}
