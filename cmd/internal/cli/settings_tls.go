package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// authorities are the certificate authorities of --ca-file, once they were read.
type authorities struct {
	pool  *x509.CertPool
	read  bool
	caErr error
}

// maxCAFile limits the file of --ca-file, in bytes.
const maxCAFile = 4 << 20

// RootCAs returns the system's certificate authorities and those of --ca-file; nil,
// which means the system's, without that.
func (s *Settings) RootCAs() (*x509.CertPool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.read {
		s.read = true
		s.pool, s.caErr = s.readCAFile()
	}
	return s.pool, s.caErr
}

// CAFileSetting returns the file of --ca-file and its source, as they are.
func (s *Settings) CAFileSetting() (Setting, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.resolve().CAFile()
	return Setting{v.Text, v.From}, settingError(err)
}

func (s *Settings) readCAFile() (*x509.CertPool, error) {
	v, err := s.resolve().CAFile()
	if err != nil {
		return nil, settingError(err)
	}
	if !v.IsSet() {
		return nil, nil
	}
	const hint = "it must name a readable file with certificates in PEM form, such as the one of wps emulator --tls-cert-out"
	info, err := os.Stat(v.Text)
	if err == nil && info.Size() > maxCAFile {
		return nil, Usage(fmt.Sprintf("%s: %s is larger than 4 MiB", v.From, v.Text), hint)
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(v.Text)
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	if err != nil {
		return nil, Usage(fmt.Sprintf("%s: read the certificates in %s: %v", v.From, v.Text, err), hint)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // the system has none
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, Usage(fmt.Sprintf("%s: %s contains no certificate", v.From, v.Text), hint)
	}
	s.log.Info("certificate authorities", "file", v.Text, "from", v.From)
	return pool, nil
}
