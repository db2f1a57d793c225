package token_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wps/token"
)

// secret is a key that is easy to find where it must not appear.
const secret = "FINDME+0123456789/0123456789abcdef=="

func TestParseConnectionString(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, endpoint string }{
		{"Endpoint=https://a.webpubsub.azure.com;AccessKey=" + secret + ";Version=1.0;", "https://a.webpubsub.azure.com"},
		{"Endpoint=https://a.webpubsub.azure.com/;AccessKey=" + secret, "https://a.webpubsub.azure.com"},
		{" accesskey = " + secret + " ; ENDPOINT = http://localhost ; Port = 8080 \n", "http://localhost:8080"},
		{"Version=1.0;AccessKey=" + secret + ";Endpoint=http://localhost:1/;Port=65535", "http://localhost:65535"},
		{"Endpoint=a.webpubsub.azure.com;AccessKey=" + secret, "https://a.webpubsub.azure.com"},
		{"Endpoint=http://[::1]:8080;AccessKey=" + secret, "http://[::1]:8080"},
		{"Endpoint=http://[::1];Port=8080;AccessKey=" + secret, "http://[::1]:8080"},
		{"Endpoint=https://proxy/wps/;AccessKey=" + secret + ";AuthType=x;noequals;;", "https://proxy/wps"},
		{"Endpoint=https://a;X=1;X=2;AccessKey=" + secret, "https://a"},
	}
	for _, tt := range tests {
		cs, err := token.ParseConnectionString(tt.in)
		if err != nil {
			t.Errorf("ParseConnectionString(%q): %v", tt.in, err)
			continue
		}
		if got := cs.Endpoint.String(); got != tt.endpoint {
			t.Errorf("ParseConnectionString(%q).Endpoint = %q, want %q", tt.in, got, tt.endpoint)
		}
		if cs.Key.Reveal() != secret {
			t.Errorf("ParseConnectionString(%q) lost the key", tt.in)
		}
		if again, err := token.ParseConnectionString(cs.Reveal()); err != nil || again.Reveal() != cs.Reveal() {
			t.Errorf("ParseConnectionString(Reveal()) of %q: %v", tt.in, err)
		}
	}
}

func TestParseConnectionStringFaults(t *testing.T) {
	t.Parallel()
	key := ";AccessKey=" + secret
	tests := []struct{ in, want string }{
		{"", "no Endpoint="},
		{secret, "no Endpoint="},
		{"AccessKey=" + secret, "no Endpoint="},
		{"Endpoint=" + key, "part Endpoint: the address is empty"},
		{"Endpoint=https://" + key, "has no host"},
		{"Endpoint=ftp://a" + key, "must begin with https:// or http://"},
		{"Endpoint=https://u:p@a" + key, "user name"},
		{"Endpoint=https://a?x=1" + key, "query"},
		{"Endpoint=https://a:0" + key, "port in the address"},
		{"Endpoint=https://a:99999" + key, "port in the address"},
		{"Endpoint=https://a:" + key, "port in the address"}, // the token would name "a:", the request "a"
		{"Endpoint=https://[::1]:/x" + key, "port in the address"},
		{"Endpoint=https://FINDME " + secret + ";AccessKey=y", "not an address"},
		{"Endpoint=https://a;Endpoint=https://b" + key, "Endpoint is given twice"},
		{"Endpoint=https://a;accessKEY=" + secret + key, "AccessKey is given twice"},
		{"Endpoint=https://a;Port=0" + key, "Port: must be a number from 1 to 65535"},
		{"Endpoint=https://a;Port=65536" + key, "Port: "},
		{"Endpoint=https://a;Port=" + secret + key, "Port: "},
		{"Endpoint=https://a;Port=" + key, "Port: "},
	}
	for _, tt := range tests {
		_, err := token.ParseConnectionString(tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseConnectionString(%q) = %v, want an error with %q", tt.in, err, tt.want)
			continue
		}
		if strings.Contains(err.Error(), "FINDME") {
			t.Errorf("ParseConnectionString(%q): the error shows a secret: %v", tt.in, err)
		}
	}
	for _, in := range []string{"Endpoint=https://a", "Endpoint=https://a;AccessKey=;"} {
		if _, err := token.ParseConnectionString(in); !errors.Is(err, token.ErrNoAccessKey) {
			t.Errorf("ParseConnectionString(%q) = %v, want ErrNoAccessKey", in, err)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	cs, err := token.ParseConnectionString("Endpoint=https://a;AccessKey=" + secret)
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(map[string]any{"cs": cs, "key": cs.Key})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %q %v %+v %#v %s", cs, cs, cs, cs, cs, cs.Key, cs.Key, cs.Key, asJSON)
	if strings.Contains(shown, "FINDME") {
		t.Errorf("a key was printed: %s", shown)
	}
	if want := "Endpoint=https://a;AccessKey=***;Version=1.0;"; cs.String() != want {
		t.Errorf("String() = %q, want %q", cs, want)
	}
}

func TestKeyEqual(t *testing.T) {
	t.Parallel()
	a, b := token.NewKey("a"), token.NewKey("b")
	if !a.Equal(token.NewKey("a")) || a.Equal(b) || a.Equal(token.Key{}) {
		t.Error("Equal must compare the texts")
	}
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 32)
	for _, good := range []string{long, strings.Repeat("é", 16), "with blanks inside it, 32 bytes: ok"} {
		if err := token.CheckKey(good); err != nil {
			t.Errorf("CheckKey(%q) = %v, want nil", good, err)
		}
	}
	for _, bad := range []string{"", long[1:], " " + long, long + "\t", long + ";x", long + "\x01x"} {
		if err := token.CheckKey(bad); err == nil {
			t.Errorf("CheckKey(%q) = nil, want an error", bad)
		}
	}
}

// connectionStringFaults are the texts of all errors of ParseConnectionString.
// Any other text might repeat a part of the input.
var connectionStringFaults = []string{
	"no Endpoint= part in the connection string", "no AccessKey= part in the connection string",
	"Endpoint is given twice in the connection string", "AccessKey is given twice in the connection string",
	"Port is given twice in the connection string", "Version is given twice in the connection string",
	"part Port: must be a number from 1 to 65535", "part Endpoint: the address is empty",
	"part Endpoint: not an address such as https://NAME.webpubsub.azure.com",
	"part Endpoint: the address must begin with https:// or http://", "part Endpoint: the address has no host",
	"part Endpoint: the address must not contain a user name or password",
	"part Endpoint: the address must not contain a query or a fragment",
	"part Endpoint: the port in the address must be from 1 to 65535",
}

// FuzzParseConnectionString: an error repeats nothing of the input, an accepted
// string has the same meaning when it is written again, and String hides the key.
func FuzzParseConnectionString(f *testing.F) {
	f.Add("Endpoint=https://a.webpubsub.azure.com;AccessKey=abc;Version=1.0;")
	f.Add("AccessKey=a==;Port=80;Endpoint=http://[::1]")
	f.Add("Endpoint=http://h:1/p/;AccessKey= k ")
	f.Add("Endpoint=https://u:p@h?q#f;AccessKey=k;Port=x")
	f.Add("Endpoint=" + secret + "://h;AccessKey=k;accesskey=k")
	f.Fuzz(func(t *testing.T, s string) {
		cs, err := token.ParseConnectionString(s)
		if err != nil {
			if !slices.Contains(connectionStringFaults, err.Error()) {
				t.Errorf("ParseConnectionString(%q) = %v, which is not in connectionStringFaults", s, err)
			}
			return
		}
		again, err := token.ParseConnectionString(cs.Reveal())
		if err != nil || again.Reveal() != cs.Reveal() || !again.Key.Equal(cs.Key) {
			t.Errorf("ParseConnectionString(%q) does not survive its own form: %v", cs.Reveal(), err)
		}
		if want := "Endpoint=" + cs.Endpoint.String() + ";AccessKey=***;Version=1.0;"; cs.String() != want {
			t.Errorf("String() = %q, want %q", cs, want)
		}
		if _, err := url.Parse(cs.Endpoint.String()); err != nil || cs.Endpoint.Host == "" {
			t.Errorf("ParseConnectionString(%q).Endpoint = %q: %v", s, cs.Endpoint, err)
		}
	})
}
