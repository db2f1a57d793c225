package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestImage follows a layout from its index to the files of each image, as a
// container engine does.
func TestImage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary, certs := filepath.Join(dir, "wps"), filepath.Join(dir, "certs")
	for _, file := range []string{binary, certs} {
		if err := os.WriteFile(file, []byte("content of "+filepath.Base(file)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"one", "two"} {
		if err := run([]string{"-o", filepath.Join(dir, name), "-version", "v1.2.3", "-certs", certs, "amd64=" + binary, "arm64=" + binary}); err != nil {
			t.Fatal(err)
		}
	}
	l := filepath.Join(dir, "one")
	if one, two := read(t, l, "index.json"), read(t, filepath.Join(dir, "two"), "index.json"); string(one) != string(two) {
		t.Error("two layouts of the same input differ")
	}
	top := decode[index](t, read(t, l, "index.json"))
	all := decode[index](t, blobOf(t, l, top.Manifests[0]))
	if len(all.Manifests) != 2 || all.Manifests[1].Platform.Architecture != "arm64" {
		t.Fatalf("images = %+v, want amd64 and arm64", all.Manifests)
	}
	m := decode[manifest](t, blobOf(t, l, all.Manifests[0]))
	made := decode[image](t, blobOf(t, l, m.Config))
	if c := made.Config; c.User != "65532:65532" || c.WorkingDir != "/app" || !slices.Contains(c.Cmd, "--new-key") || made.Architecture != "amd64" {
		t.Errorf("image = %+v, want an emulator of its own user with a key of its own", made)
	}
	checkLayer(t, blobOf(t, l, m.Layers[0]))
	for _, args := range [][]string{{}, {"-o", l}, {"-o", l, "x"}, {"-o", l, "amd64=" + dir + "/nothing"}} {
		if run(args) == nil {
			t.Errorf("run(%q) succeeds", args)
		}
	}
}

// checkLayer checks the files of a layer.
func checkLayer(t *testing.T, packed []byte) {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(string(packed)))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || h.ModTime.Unix() != 0 {
			t.Errorf("%s: %v, of %v", h.Name, err, h.ModTime)
		}
		found[h.Name] = h.FileInfo().Mode().String() + " " + string(content)
	}
	for name, want := range map[string]string{
		"usr/bin/wps": "-rwxr-xr-x content of wps", "etc/ssl/certs/ca-certificates.crt": "-rw-r--r-- content of certs", "tmp/": "dtrwxrwxrwx ", "app/": "drwxr-xr-x ",
	} {
		if found[name] != want {
			t.Errorf("%s = %q, want %q", name, found[name], want)
		}
	}
}

// blobOf returns what a descriptor names.
func blobOf(t *testing.T, dir string, d descriptor) []byte {
	t.Helper()
	content := read(t, dir, "blobs/sha256/"+strings.TrimPrefix(d.Digest, "sha256:"))
	if digest(content) != d.Digest || len(content) != d.Size {
		t.Errorf("%+v names %d bytes with %s", d, len(content), digest(content))
	}
	return content
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func decode[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}
