package outfile_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"wps/cmd/internal/outfile"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// only checks that a directory holds these names and no more.
func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	var got []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the directory holds %q, want %q", got, want)
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a"), "before")
	f, err := outfile.Open(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "before" {
		t.Errorf("after Open the file holds %q, want what it held before", got)
	}
	if err := f.Replace([]byte("after")); err != nil || read(t, path) != "after" {
		t.Errorf("Replace = %v, the file holds %q", err, read(t, path))
	}
	f.Discard()
	only(t, dir, "a")
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o640 {
		t.Errorf("the file has the permissions %v, %v, want those of before", info.Mode(), err)
	}
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a"), "before")
	for _, p := range []string{path, filepath.Join(dir, "new")} {
		f, err := outfile.Open(p, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		f.Discard()
	}
	only(t, dir, "a")
	if read(t, path) != "before" {
		t.Errorf("the file holds %q", read(t, path))
	}
}

func TestNewFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	f, err := outfile.Open(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Replace([]byte("x")); err != nil || read(t, path) != "x" {
		t.Errorf("Replace = %v", err)
	}
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v", info.Mode(), err)
	}
}

// A failure to write leaves what was there.
func TestFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a"), "before")
	f, err := outfile.Open(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // which no file can replace
		t.Fatal(err)
	}
	write(t, filepath.Join(path, "inside"), "kept")
	if err := f.Replace([]byte("after")); err == nil || strings.Contains(err.Error(), dir) {
		t.Errorf("Replace = %v, want an error without the path", err)
	}
	only(t, dir, "a")
	only(t, path, "inside")
}

func TestLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "a"), "before")
	link := filepath.Join(dir, "link")
	if err := os.Symlink("a", link); err != nil {
		if runtime.GOOS != "windows" { // where it is a right of its own
			t.Fatal(err)
		}
		t.Skip("links need a right that this user has not: ", err)
	}
	f, err := outfile.Open(link, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	direct, err := outfile.Open(path, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Discard()
	if !f.Same(direct) {
		t.Error("Same(link, its file) = false")
	}
	if err := f.Replace([]byte("after")); err != nil || read(t, path) != "after" {
		t.Errorf("Replace = %v, the file holds %q", err, read(t, path))
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v now", info, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := outfile.Open(link, 0o600); err == nil || !strings.Contains(err.Error(), "a link to a file that does not exist") {
		t.Errorf("Open of a link to nothing = %v", err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for path, want := range map[string]string{dir: "it is a directory", filepath.Join(dir, "no", "x"): "create a file beside it: no such file"} {
		if _, err := outfile.Open(path, 0o600); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Open = %v, want %q", err, want)
		}
	}
	only(t, dir)
}

func TestDevice(t *testing.T) {
	t.Parallel()
	a, err := outfile.Open(os.DevNull, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	b, err := outfile.Open(os.DevNull, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if a.Same(b) {
		t.Error("a device may be written twice")
	}
	b.Discard()
	if err := a.Replace([]byte("x")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is %v, %v now", os.DevNull, info.Mode(), err)
	}
}
