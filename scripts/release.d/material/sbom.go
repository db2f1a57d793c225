package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
)

// The parts of a CycloneDX document that are used.
//
// Source: the JSON schema of CycloneDX 1.6.
type bill struct {
	Format       string      `json:"bomFormat"`
	Specific     string      `json:"specVersion"`
	Version      int         `json:"version"`
	Metadata     metadata    `json:"metadata"`
	Components   []component `json:"components"`
	Dependencies []depends   `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	URL     string `json:"purl,omitempty"`
	Hashes  []hash `json:"hashes,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type depends struct {
	Ref string   `json:"ref"`
	On  []string `json:"dependsOn"`
}

// writeBill writes the bill of materials of a binary: the modules that the Go
// toolchain recorded in it, and its hash.
func writeBill(binary, file string) error {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	program := component{
		Type: "application", Ref: info.Main.Path, Name: filepath.Base(binary), Version: info.Main.Version,
		Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}},
	}
	b := bill{Format: "CycloneDX", Specific: "1.6", Version: 1, Metadata: metadata{program}}
	on := depends{Ref: program.Ref}
	add := func(c component) {
		c.Ref = c.URL
		b.Components, on.On = append(b.Components, c), append(on.On, c.Ref)
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		add(component{Type: "library", Name: m.Path, Version: m.Version, URL: "pkg:golang/" + m.Path + "@" + m.Version})
	}
	add(component{Type: "library", Name: "stdlib", Version: info.GoVersion, URL: "pkg:golang/stdlib@" + info.GoVersion})
	b.Dependencies = []depends{on}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
