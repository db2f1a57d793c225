package output

import (
	"slices"
	"strings"

	"wps/protocol"
)

// Fault is one thing that is wrong with an event object. Member is the JSON name of
// a member, or "" for the object as a whole; Text continues it, such as "is
// missing".
type Fault struct{ Member, Text string }

// String returns the member and the text.
func (f Fault) String() string {
	if f.Member == "" {
		return f.Text
	}
	return f.Member + " " + f.Text
}

// FaultError holds everything that is wrong with one event object.
type FaultError struct{ Faults []Fault }

// Error returns all faults on one line.
func (e *FaultError) Error() string {
	texts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		texts[i] = f.String()
	}
	return strings.Join(texts, "; ")
}

// faultText returns a fault of the object as a whole.
func faultText(text string) error { return &FaultError{[]Fault{{"", text}}} }

// faults collects the faults of an event object.
type faults []Fault

func (f *faults) add(member, text string) {
	if fault := (Fault{member, text}); !slices.Contains(*f, fault) {
		*f = append(*f, fault)
	}
}

// check adds err, unless it is nil.
func (f *faults) check(member string, err error) {
	if err != nil {
		f.add(member, "cannot be used: "+err.Error())
	}
}

// err returns a *FaultError, nil for no faults.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return &FaultError{f}
}

// target checks a target; allowed are the target types of the event.
func (f *faults) target(t TargetType, id string, allowed ...TargetType) {
	if !slices.Contains(allowed, t) {
		f.add("targetType", given(string(t))+"use "+orList(allowed))
		return
	}
	if t == TargetAll {
		if id != "" {
			f.add("targetId", "must be absent when targetType is All")
		}
		return
	}
	f.check("targetId", targetOf(t, id).Check())
}

// given returns the beginning of a fault of an enum.
func given(value string) string {
	if value == "" {
		return "is missing: "
	}
	return "cannot be " + quoted(value) + ": "
}

func quoted(s string) string { return `"` + s + `"` }

// orList returns "A, B or C".
func orList[T ~string](names []T) string {
	var b strings.Builder
	for i, n := range names {
		switch {
		case i == 0:
		case i == len(names)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(n))
	}
	return b.String()
}

// excludes checks the ids of excluded connections.
func (f *faults) excludes(ids []string) {
	for _, id := range ids {
		f.check("excludes", protocol.CheckID("connection id", id))
	}
}
