package handlercmd

import "strings"

// hubsValue is the value of --hub where it may be repeated. A single hub is also the
// common setting; several are none.
type hubsValue struct {
	one *string
	all *[]string
}

// Set adds a hub.
func (v *hubsValue) Set(hub string) error { return v.Replace(append(*v.all, hub)) }

// String implements pflag.Value.
func (v *hubsValue) String() string {
	if v.all == nil {
		return ""
	}
	return strings.Join(*v.all, ",")
}

// Type implements pflag.Value.
func (*hubsValue) Type() string { return "string" }

// Append implements pflag.SliceValue.
func (v *hubsValue) Append(hub string) error { return v.Set(hub) }

// Replace implements pflag.SliceValue.
func (v *hubsValue) Replace(hubs []string) error {
	*v.all, *v.one = hubs, ""
	if len(hubs) == 1 {
		*v.one = hubs[0]
	}
	return nil
}

// GetSlice implements pflag.SliceValue.
func (v *hubsValue) GetSlice() []string { return *v.all }
