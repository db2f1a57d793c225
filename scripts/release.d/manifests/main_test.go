package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dist writes the manifests of a release whose files hold their own names, with a
// change in one of the manifests.
func dist(t *testing.T, file, old, changed string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if name == file && !strings.Contains(text, old) {
			t.Fatalf("%s has no %q", name, old)
		}
		if name == file {
			text = strings.ReplaceAll(text, old, changed)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	hash := func(name string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(name))) }
	casks, scoops, installers := "cask \"wps\" do\n  version \"1.0.0\"\n", []string{}, ""
	for _, name := range []string{"darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64"} {
		archive := "wps_1.0.0_" + name + ".tar.gz"
		write(archive, archive)
		casks += fmt.Sprintf("    url \"https://x/wps_#{version}_%s.tar.gz\"\n    sha256 \"%s\"\n", name, hash(archive))
	}
	for _, name := range []string{"amd64", "arm64"} {
		archive := "wps_1.0.0_windows_" + name + ".zip"
		write(archive, archive)
		scoops = append(scoops, fmt.Sprintf(`"%s":{"url":"https://x/%s","hash":"%s"}`, name, archive, hash(archive)))
		installers += fmt.Sprintf("- InstallerUrl: https://x/%s\n  InstallerSha256: %s\n", archive, strings.ToUpper(hash(archive)))
	}
	write("homebrew/Casks/wps.rb", casks+"end\n")
	write("scoop/wps.json", `{"version":"1.0.0","architecture":{`+strings.Join(scoops, ",")+`}}`)
	for _, kind := range []string{"version", "defaultLocale"} {
		write("winget/manifests/e/x/wps/1/x."+kind+".yaml", "ManifestType: "+kind+"\nManifestVersion: 1.12.0\n")
	}
	write("winget/manifests/e/x/wps/1/x.installer.yaml", "ManifestType: installer\nManifestVersion: 1.12.0\nInstallers:\n"+installers)
	return dir
}

// schemas writes schemas that want a version of 1.0.0 and a type.
func schemas(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"scoop.json":                         `{"required":["version"],"properties":{"version":{"const":"1.0.0"}}}`,
		"manifest.version.1.12.0.json":       `{"required":["ManifestType"]}`,
		"manifest.defaultLocale.1.12.0.json": `{"required":["ManifestType"]}`,
		"manifest.installer.1.12.0.json":     `{"properties":{"Installers":{"items":{"properties":{"InstallerSha256":{"pattern":"^[A-F0-9]{64}$"}}}}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestManifests(t *testing.T) {
	t.Parallel()
	dir := schemas(t)
	for _, test := range []struct{ file, old, changed, want string }{
		{"", "", "", ""},
		{"homebrew/Casks/wps.rb", `sha256 "`, `sha256 "0`, "wps.rb: the hash of wps_1.0.0_darwin_amd64.tar.gz is"},
		{"homebrew/Casks/wps.rb", "version \"1.0.0\"", "version \"1.0.1\"", "wps_1.0.1_darwin_amd64.tar.gz: no such file"},
		{"homebrew/Casks/wps.rb", "linux_arm64.tar.gz\"\n    sha256", "linux_arm64.tar.gz\"\n    md5", "3 files to download, want 4"},
		{"scoop/wps.json", `"hash":"`, `"hash":"0`, "wps.json: the hash of"},
		{"scoop/wps.json", `"version":"1.0.0"`, `"version":"2"`, "wps.json: jsonschema validation failed"},
		{"winget/manifests/e/x/wps/1/x.installer.yaml", "windows_arm64", "windows_arm", "wps_1.0.0_windows_arm.zip: no such file"},
		{"winget/manifests/e/x/wps/1/x.installer.yaml", "ManifestVersion: 1.12.0", "ManifestVersion: 9", "manifest.installer.9.json"},
		{"winget/manifests/e/x/wps/1/x.version.yaml", "ManifestType", "Type", "manifest..1.12.0.json"},
	} {
		var out strings.Builder
		err := run(&out, dist(t, test.file, test.old, test.changed), dir)
		if test.want == "" && (err != nil || !strings.Contains(out.String(), "x.installer.yaml: 2 files, by manifest.installer.1.12.0.json")) {
			t.Errorf("a good release: %v, %s", err, out.String())
		}
		if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s with %s: error %v, want %s", test.file, test.changed, err, test.want)
		}
	}
	if err := run(&strings.Builder{}, t.TempDir(), ""); err == nil || !strings.Contains(err.Error(), "0 files homebrew") {
		t.Errorf("an empty folder: error %v", err)
	}
	if err := run(&strings.Builder{}, dist(t, "scoop/wps.json", `"version":"1.0.0"`, `"version":"2"`), ""); err != nil {
		t.Errorf("without schemas: error %v", err)
	}
}
