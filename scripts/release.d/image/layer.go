package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"time"
)

// user is who the program runs as: nobody, who owns nothing.
const user = 65532

// The accounts of the image, so that the user has a name and a home.
const (
	passwd = "root:x:0:0:root:/:/none\nwps:x:65532:65532:wps:/app:/none\n"
	groups = "root:x:0:\nwps:x:65532:\n"
)

// entry is a file of the image; a folder if its name ends with a slash.
type entry struct {
	name    string
	mode    int64
	owner   int
	content []byte
}

// files are those of the image. /app is the working folder, where appsettings.json
// may be mounted.
func files(program, certs []byte) []entry {
	return []entry{
		{"app/", 0o755, user, nil},
		{"etc/", 0o755, 0, nil},
		{"etc/group", 0o644, 0, []byte(groups)},
		{"etc/passwd", 0o644, 0, []byte(passwd)},
		{"etc/ssl/", 0o755, 0, nil},
		{"etc/ssl/certs/", 0o755, 0, nil},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, 0, certs},
		{"tmp/", 0o1777, 0, nil},
		{"usr/", 0o755, 0, nil},
		{"usr/bin/", 0o755, 0, nil},
		{"usr/bin/wps", 0o755, 0, program},
	}
}

// layer returns the archive of the files, and the same compressed. Every file has the
// time 0.
func layer(all []entry) (plain, compressed []byte, err error) {
	var archive, packed bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, e := range all {
		h := &tar.Header{Name: e.name, Mode: e.mode, Uid: e.owner, Gid: e.owner, Size: int64(len(e.content)), ModTime: time.Unix(0, 0)}
		h.Typeflag = tar.TypeReg
		if e.content == nil {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, nil, err
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, nil, err
	}
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(archive.Bytes()); err != nil {
		return nil, nil, err
	}
	err = z.Close() // writes the rest
	return archive.Bytes(), packed.Bytes(), err
}
