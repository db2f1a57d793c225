package emulatorcmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// trust makes a command trust the emulator's certificate, by files and the
// variables that name them.
type trust struct {
	dir string
	// Variables are added to the environment of the command.
	Variables []string
}

// systemBundles are where systems keep the certificate authorities that they trust.
//
// Source: crypto/x509 of Go.
var systemBundles = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Alpine
	"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora
	"/etc/ssl/ca-bundle.pem",                            // openSUSE
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL
	"/etc/ssl/cert.pem",                                 // macOS
}

// maxBundle limits a file of certificates that is copied, in bytes.
const maxBundle = 16 << 20

// newTrust writes the files. WPS_CA_FILE and NODE_EXTRA_CA_CERTS add to what is
// trusted; SSL_CERT_FILE and REQUESTS_CA_BUNDLE replace it, so that their file also
// has the authorities of the system. What a variable named before is kept.
func newTrust(certificate []byte, lookupEnv func(string) (string, bool)) (*trust, error) {
	dir, err := os.MkdirTemp("", "wps-tls-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the certificate: %v", err)
	}
	t := &trust{dir: dir}
	for _, v := range []struct {
		name     string
		replaces bool
	}{{"WPS_CA_FILE", false}, {"NODE_EXTRA_CA_CERTS", false}, {"SSL_CERT_FILE", true}, {"REQUESTS_CA_BUNDLE", true}} {
		before, _ := lookupEnv(v.name)
		from := []string{before}
		if before == "" && v.replaces {
			from = systemBundles
		}
		path := filepath.Join(dir, v.name+".pem")
		if err := os.WriteFile(path, append(firstFile(from), certificate...), 0o600); err != nil {
			t.remove()
			return nil, fmt.Errorf("write the certificate: %v", err)
		}
		t.Variables = append(t.Variables, v.name+"="+path)
	}
	return t, nil
}

// remove removes the files.
func (t *trust) remove() {
	if t != nil {
		_ = os.RemoveAll(t.dir) // what cannot be removed is in the folder for temporary files
	}
}

// firstFile returns the first file that can be read, with a line break at its end.
func firstFile(paths []string) []byte {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || info.Size() > maxBundle {
			continue
		}
		if text, err := os.ReadFile(path); err == nil {
			return append(bytes.TrimRight(text, "\n"), '\n')
		}
	}
	return nil
}
