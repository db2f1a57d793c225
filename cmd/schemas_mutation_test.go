package cmd_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// checkMutations checks that the schemas refuse what differs from what was printed: a
// member more, and a member of another type. Samples with the same members are taken once.
func checkMutations(t *testing.T, printed []printedLine) {
	t.Helper()
	s, index := newSchemas(), schemaIndex(t, "Output")
	done := map[string]bool{}
	for _, line := range printed {
		names := schemasOfCommand(index, line.command)
		key := line.command + fmt.Sprint(members(t, line.text))
		if name, err := s.match(t, names, line.text); err != nil || done[key+name] {
			continue // an invalid line is an error of the test that checks them
		}
		done[key] = true
		for _, changed := range mutations(t, line.text) {
			if name, err := s.match(t, names, changed.text); err == nil {
				t.Errorf("%s: %s accepts %s of %s: %s", line.command, name, changed.what, line.text, changed.text)
			}
		}
	}
	if len(done) < 50 {
		t.Errorf("%d samples were changed, want at least 50", len(done))
	}
}

// mutation is a changed JSON text.
type mutation struct{ what, text string }

// mutations returns an object with one change each, also in the objects in it.
func mutations(t *testing.T, text string) (all []mutation) {
	t.Helper()
	var root map[string]any
	if err := json.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	note := func(what string) {
		changed, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, mutation{what, string(changed)})
	}
	mutateObject("", root, note)
	return all
}

// mutateObject changes an object, calls note, and changes it back.
func mutateObject(path string, object map[string]any, note func(what string)) {
	if !freeObjects[path] {
		object["surprise"] = 1
		note("a member more in the object " + path)
		delete(object, "surprise")
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := object[name]
		at := strings.TrimPrefix(path+"."+name, ".")
		if !anyValues[at] {
			object[name] = []any{[]any{}}
			note("another type of " + at)
			object[name] = value
		}
		inner, isObject := value.(map[string]any)
		if list, isList := value.([]any); isList && len(list) > 0 {
			inner, isObject = list[0].(map[string]any)
		}
		if isObject && (!anyValues[at] || inner["dataType"] != nil) { // the message of wps trigger
			mutateObject(at, inner, note)
		}
	}
}

// freeObjects are members whose names are data.
var freeObjects = map[string]bool{
	"metadata": true, "headers": true, "requestHeaders": true, "responseHeaders": true, "faults": true, "claims": true, "header": true,
	"event.metadata": true, "message.metadata": true, "queries": true, "query": true,
}

// anyValues are members whose value is any JSON, or depends on what is in a token.
var anyValues = map[string]bool{
	"data": true, "message": true, "event.message": true, "message.data": true, "before.faults": true, "after.faults": true,
	"claims.aud": true, "claims.exp": true, "claims.iat": true, "claims.sub": true, "claims.role": true, "header.alg": true, "header.typ": true,
}
