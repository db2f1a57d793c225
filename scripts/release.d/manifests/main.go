// Command manifests checks the manifests of a release for Homebrew, Scoop and WinGet:
// that each file they name was built and has the hash they name, and, when the
// schemas are in a folder, that they are valid.
//
//	manifests build/dist [SCHEMAS]
//
// SCHEMAS holds scoop.json, which is schema.json of ScoopInstaller/Scoop, and the
// manifest.TYPE.VERSION.json of microsoft/winget-cli.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 || len(os.Args) > 3 {
		log.Fatal("usage: manifests DIST [SCHEMAS]")
	}
	schemas := ""
	if len(os.Args) == 3 {
		schemas = os.Args[2]
	}
	if err := run(os.Stdout, os.Args[1], schemas); err != nil {
		log.Fatal(err)
	}
}

// download is a file that a manifest names, with its hash.
type download struct{ file, hash string }

// manifest is one file, with what it names and its contents for a schema.
type manifest struct {
	path      string
	downloads []download
	schema    string // "" for none
	content   any
}

// run checks all manifests of a folder.
func run(out io.Writer, dist, schemas string) error {
	all, err := read(dist)
	if err != nil {
		return err
	}
	var faults []error
	for _, m := range all {
		faults = append(faults, m.checkDownloads(dist))
		checked := "without its schema"
		if m.schema == "" {
			checked = "it has no schema"
		} else if schemas != "" {
			faults = append(faults, m.checkSchema(schemas))
			checked = "by " + m.schema
		}
		fmt.Fprintf(out, "%s: %d files, %s\n", m.path, len(m.downloads), checked)
	}
	return errors.Join(faults...)
}

// read reads the manifests: one for Homebrew, one for Scoop, three for WinGet.
func read(dist string) ([]*manifest, error) {
	var all []*manifest
	for _, kind := range []struct {
		pattern string
		count   int
		read    func([]byte) (*manifest, error)
	}{
		{"homebrew/Casks/*.rb", 1, cask}, {"scoop/*.json", 1, scoop}, {"winget/manifests/*/*/*/*/*.yaml", 3, winget},
	} {
		files, err := filepath.Glob(filepath.Join(dist, kind.pattern))
		if err != nil {
			return nil, err
		}
		if len(files) != kind.count {
			return nil, fmt.Errorf("%d files %s, want %d", len(files), kind.pattern, kind.count)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			m, err := kind.read(text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			m.path = filepath.Base(file)
			all = append(all, m)
		}
	}
	return all, nil
}

// cask reads a cask of Homebrew, by its lines: it is a program in Ruby.
func cask(text []byte) (*manifest, error) {
	version := regexp.MustCompile(`(?m)^  version "(.+)"$`).FindSubmatch(text)
	if version == nil {
		return nil, errors.New("no version")
	}
	m := &manifest{}
	for _, pair := range regexp.MustCompile(`url "(.+)"\s+sha256 "(.+)"`).FindAllSubmatch(text, -1) {
		url := strings.ReplaceAll(string(pair[1]), "#{version}", string(version[1]))
		m.downloads = append(m.downloads, download{path.Base(url), string(pair[2])})
	}
	return m, named(m, 4)
}

func scoop(text []byte) (*manifest, error) {
	var s struct {
		Architecture map[string]struct{ URL, Hash string }
	}
	m := &manifest{schema: "scoop.json"}
	if err := errors.Join(json.Unmarshal(text, &s), json.Unmarshal(text, &m.content)); err != nil {
		return nil, err
	}
	for _, a := range s.Architecture {
		m.downloads = append(m.downloads, download{path.Base(a.URL), a.Hash})
	}
	return m, named(m, 2)
}

func winget(text []byte) (*manifest, error) {
	var w struct {
		Type       string `yaml:"ManifestType"`
		Version    string `yaml:"ManifestVersion"`
		Installers []struct {
			URL  string `yaml:"InstallerUrl"`
			Hash string `yaml:"InstallerSha256"`
		} `yaml:"Installers"`
	}
	m := &manifest{}
	if err := errors.Join(yaml.Unmarshal(text, &w), yaml.Unmarshal(text, &m.content)); err != nil {
		return nil, err
	}
	m.schema = fmt.Sprintf("manifest.%s.%s.json", w.Type, w.Version)
	for _, i := range w.Installers {
		m.downloads = append(m.downloads, download{path.Base(i.URL), i.Hash})
	}
	if w.Type == "installer" {
		return m, named(m, 2)
	}
	return m, nil
}

// named returns an error if a manifest names fewer files than it should.
func named(m *manifest, n int) error {
	if len(m.downloads) != n {
		return fmt.Errorf("%d files to download, want %d", len(m.downloads), n)
	}
	return nil
}

// checkDownloads compares the files with the hashes.
func (m *manifest) checkDownloads(dist string) error {
	for _, d := range m.downloads {
		text, err := os.ReadFile(filepath.Join(dist, d.file))
		if err != nil {
			return fmt.Errorf("%s: %w", m.path, err)
		}
		if sum := sha256.Sum256(text); !strings.EqualFold(hex.EncodeToString(sum[:]), d.hash) {
			return fmt.Errorf("%s: the hash of %s is %x, not %s", m.path, d.file, sum, d.hash)
		}
	}
	return nil
}

// checkSchema validates the contents.
func (m *manifest) checkSchema(schemas string) error {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(schemas, m.schema))
	if err != nil {
		return err
	}
	text, err := json.Marshal(m.content)
	if err != nil {
		return err
	}
	content, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := schema.Validate(content); err != nil {
		return fmt.Errorf("%s: %w", m.path, err)
	}
	return nil
}
