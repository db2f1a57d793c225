package main

import (
	"bytes"
	"os"
	"path"
	"regexp"
	"testing"
)

// TestNavigation: on each page the navigation marks that page, once, so that every page
// is in it.
func TestNavigation(t *testing.T) {
	s, err := build(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.pages {
		current := []byte(`<a href="` + path.Base(p.path) + `" aria-current="page">`)
		if n := bytes.Count(s.files[p.path], current); n != 1 {
			t.Errorf("%s is in its navigation %d times, want 1", p.path, n)
		}
	}
}

// foreign is what loads something into a stylesheet, a script or a picture.
var foreign = regexp.MustCompile(`(?i)url\(\s*["']?[^#"')]|@import|\bfetch\(|\bimport\(|XMLHttpRequest|(href|src)\s*=\s*["'][^#"']|<script`)

// TestFilesLoadNothing: stylesheets, scripts and pictures of the site load nothing.
func TestFilesLoadNothing(t *testing.T) {
	s, err := build(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	looked := map[string]int{}
	for name, content := range s.files {
		switch ext := path.Ext(name); ext {
		case ".css", ".js", ".svg":
			looked[ext]++
			if name == "assets/index.js" { // text of pages
				continue
			}
			if found := foreign.Find(content); found != nil {
				t.Errorf("%s has %q", name, found)
			}
		}
	}
	if looked[".css"] < 1 || looked[".js"] < 2 || looked[".svg"] < 2 {
		t.Errorf("looked at %v", looked)
	}
}
