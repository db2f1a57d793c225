package protocol

import (
	"net/url"
	"testing"
)

func TestCheckPort(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://a": true, "http://a:1": true, "http://a:65535/x": true, "http://[::1]": true, "http://[::1]:80/": true,
		"http://a:": false, "http://a:0": false, "http://a:65536": false, "http://[::1]:99999/x": false, "http://a:00000": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := CheckPort(u); (err == nil) != want {
			t.Errorf("CheckPort(%s) = %v, want an error: %t", address, err, !want)
		}
	}
}
