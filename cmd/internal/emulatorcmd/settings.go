package emulatorcmd

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"wps/cmd/internal/cli"
	emusettings "wps/emulator/settings"
)

// settingsSource is where the settings of an emulator are read from, each time that
// they are.
type settingsSource struct {
	files   []string // a later one lies over the earlier
	environ []string // variables that lie over the files
	watch   *fileWatch
}

// findSettings returns the source of the settings: the file of --settings, else that
// of the vendor's emulator in the working directory, and the variables of the
// vendor's emulator. It says what is used unasked.
func (o *options) findSettings(env *cli.Env) (settingsSource, error) {
	var s settingsSource
	switch {
	case o.settingsFile != "" && o.noSettings:
		return s, cli.Usagef("--settings and --no-settings exclude each other")
	case o.noSettings:
		return s, nil
	}
	if env.Environ != nil {
		s.environ = env.Environ()
	}
	if names := emusettings.Variables(s.environ); len(names) > 0 {
		env.Out.Say("using $%s (--no-settings ignores them)", strings.Join(names, ", $"))
	}
	environment := env.Settings.Environment()
	if s.files = []string{o.settingsFile}; o.settingsFile == "" {
		found, err := emusettings.Discover(".", environment)
		if err != nil {
			return s, usageOf(err, "or start with --no-settings, which ignores appsettings.json of this folder")
		}
		for _, file := range found.Others {
			env.Log.Info("not used: its section WebPubSub is not that of an emulator", "file", file)
		}
		if s.files = found.Files; len(s.files) > 0 {
			env.Out.Say("using %s of this folder (--no-settings ignores it)", strings.Join(s.files, " and "))
		}
	}
	warnOfEnvironment(env, s.files, environment)
	s.watch = newFileWatch(s.files)
	return s, nil
}

// warnOfEnvironment names the settings beside the first file that are not read,
// because of the environment of ASP.NET.
func warnOfEnvironment(env *cli.Env, files []string, environment string) {
	if len(files) != 1 {
		return
	}
	reason := "$ASPNETCORE_ENVIRONMENT is not set"
	if environment != "" {
		reason = "it is not named by --settings"
	}
	other := "appsettings." + cmp.Or(environment, "Development") + ".json"
	path := filepath.Join(filepath.Dir(files[0]), other)
	if filepath.Base(files[0]) != "appsettings.json" {
		return
	}
	if _, err := os.Stat(path); err == nil {
		env.Out.Warn(fmt.Sprintf("%s is not read: %s", path, reason))
	}
}

// read reads the settings. An error in them is a usage error.
func (s *settingsSource) read() (emusettings.Settings, error) {
	if s.watch != nil {
		s.watch.note()
	}
	read, err := emusettings.Load(s.files, s.environ)
	return read, usageOf(err, "")
}

// usageOf returns an error in settings as a usage error. more is added to its hint.
func usageOf(err error, more string) error {
	wrong, ok := errors.AsType[*emusettings.Error](err)
	if !ok {
		return err
	}
	hint := cmp.Or(wrong.Hint, `"wps emulator --help" shows a settings file`)
	if more != "" {
		hint += "; " + more
	}
	return cli.Usage(wrong.Error(), hint)
}

// warn prints what the settings say in vain.
func (i *instance) warn(s emusettings.Settings) {
	for _, text := range s.Warnings {
		i.env.Out.Warn(text)
	}
}
