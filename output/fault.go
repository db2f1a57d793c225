package output

import (
	"slices"
	"strings"

	"wps/protocol"
)

// Fault is one thing that is wrong with an event object. Member is its JSON
// name, or "" when it concerns the object as a whole; Text goes on from there,
// such as "is missing".
type Fault struct{ Member, Text string }

// String is the fault with the member that it is of.
func (f Fault) String() string {
	if f.Member == "" {
		return f.Text
	}
	return f.Member + " " + f.Text
}

// FaultError lists everything that is wrong with one event object.
type FaultError struct{ Faults []Fault }

// Error is all faults on one line.
func (e *FaultError) Error() string {
	texts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		texts[i] = f.String()
	}
	return strings.Join(texts, "; ")
}

// faultText returns a fault of the object as a whole.
func faultText(text string) error { return &FaultError{[]Fault{{"", text}}} }

// faults collects what is wrong.
type faults []Fault

func (f *faults) add(member, text string) {
	if fault := (Fault{member, text}); !slices.Contains(*f, fault) {
		*f = append(*f, fault)
	}
}

// check adds err, when there is one.
func (f *faults) check(member string, err error) {
	if err != nil {
		f.add(member, "cannot be used: "+err.Error())
	}
}

// err is nil when nothing was added.
func (f faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return &FaultError{f}
}

// target checks a target against the types that an event takes.
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

// given begins the text of a fault of an enum.
func given(value string) string {
	if value == "" {
		return "is missing: "
	}
	return "cannot be " + quoted(value) + ": "
}

func quoted(s string) string { return `"` + s + `"` }

// orList writes "A, B or C".
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

// excludes checks connection ids to leave out.
func (f *faults) excludes(ids []string) {
	for _, id := range ids {
		f.check("excludes", protocol.CheckID("connection id", id))
	}
}
