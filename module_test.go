package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// module is what a page may name of the module.
type module struct {
	packages map[string]bool // by folder; that of main.go is "main.go"
	names    map[string]bool // exported: "package.Name", "package.Type.Member", and "Type.Member"
	clauses  map[string]bool // package names
	files    map[string]bool // base names
}

// exportedName is "Type.Member" or "package.Name", the latter perhaps with a member.
var exportedName = regexp.MustCompile(`^(?:([a-z]\w*)\.)?[A-Z]\w*(\.[A-Z]\w*)?$`)

// problem returns why a word names something that does not exist, "" if it exists
// or is neither a file nor an exported name of the module.
func (m *module) problem(word string) string {
	word = strings.TrimRight(strings.TrimSuffix(word, "/..."), "./")
	first, _, isPath := strings.Cut(word, "/")
	name := exportedName.FindStringSubmatch(word)
	switch {
	case first == "" || strings.HasPrefix(word, "-"):
	case isPath && !strings.Contains(strings.TrimPrefix(first, "."), "."):
		if found, err := filepath.Glob(filepath.FromSlash(word)); err != nil || len(found) == 0 {
			return "there is no such file or folder"
		}
	case !isPath && strings.HasSuffix(word, ".go"):
		if !m.files[word] {
			return "there is no such file"
		}
	case name == nil || name[1] == "" && name[2] == "" || name[1] != "" && !m.clauses[name[1]]:
	case !m.names[word]:
		return "there is no such name"
	}
	return ""
}

// readModule reads the declarations of the module, except those of tests.
func readModule(t *testing.T) *module {
	t.Helper()
	m := &module{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case !strings.HasSuffix(file, ".go"):
			return nil
		}
		m.files[d.Name()] = true
		if !strings.HasSuffix(file, "_test.go") {
			m.read(t, filepath.ToSlash(file))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// read adds the declarations of a file.
func (m *module) read(t *testing.T, file string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	dir := path.Dir(file)
	if dir == "." {
		dir = file
	}
	m.packages[dir], m.clauses[parsed.Name.Name] = true, true
	add := func(name, member string) {
		if m.names[parsed.Name.Name+"."+name] = true; member != "" {
			m.names[name+"."+member], m.names[parsed.Name.Name+"."+name+"."+member] = true, true
		}
	}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name.Name, "")
			} else {
				add(receiver(d), d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				addSpec(spec, add)
			}
		}
	}
}

// receiver returns the type of a method.
func receiver(d *ast.FuncDecl) string {
	of := d.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// addSpec adds constants, variables, and types with their fields or methods.
func addSpec(spec ast.Spec, add func(name, member string)) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			add(name.Name, "")
		}
	case *ast.TypeSpec:
		add(s.Name.Name, "")
		var members *ast.FieldList
		switch of := s.Type.(type) {
		case *ast.StructType:
			members = of.Fields
		case *ast.InterfaceType:
			members = of.Methods
		default:
			return
		}
		for _, field := range members.List {
			for _, name := range field.Names {
				add(s.Name.Name, name.Name)
			}
		}
	}
}
