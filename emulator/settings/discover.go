package settings

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Discovered is what Discover found.
type Discovered struct {
	// Files are the settings files, for Load; none if the folder has no settings of
	// the emulator.
	Files []string
	// Others are files that have a section WebPubSub which is not the emulator's,
	// such as that of a program which uses the service.
	Others []string
}

// Discover finds the settings of the vendor's emulator in a folder: appsettings.json,
// and appsettings.ENVIRONMENT.json if environment is not empty. They belong to the
// emulator if one of them has a section WebPubSub with members that it knows. A file
// that has such a section and cannot be read is an error, of type *Error.
func Discover(dir, environment string) (Discovered, error) {
	names := []string{"appsettings.json"}
	if environment != "" && !strings.ContainsAny(environment, `/\`) {
		names = append(names, "appsettings."+environment+".json")
	}
	var d Discovered
	mine := false
	for _, name := range names {
		path := filepath.Join(dir, name)
		text, err := readFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return Discovered{}, unreadable(path, err)
		case !strings.Contains(strings.ToLower(string(text)), `"`+section):
			continue
		}
		known, err := hasSection(path, text)
		switch {
		case err != nil:
			return Discovered{}, err
		case known:
			mine = true
		default:
			d.Others = append(d.Others, path)
		}
		d.Files = append(d.Files, path)
	}
	if !mine {
		d.Files = nil
	} else {
		d.Others = nil // one is laid over the other
	}
	return d, nil
}

// hasSection reports whether an appsettings file has a section WebPubSub with a
// member that the emulator knows.
func hasSection(path string, text []byte) (bool, error) {
	r := newReader()
	r.file = path
	root, err := r.document(text)
	if err != nil || root.Kind != yaml.MappingNode {
		return false, err
	}
	s := member(root, section)
	return s != nil && s.Kind == yaml.MappingNode && slices.ContainsFunc(serviceMembers(), func(name string) bool { return member(s, name) != nil }), nil
}
