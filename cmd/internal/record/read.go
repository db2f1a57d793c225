package record

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"wps/cmd/internal/cli"
	"wps/protocol/traffic"
)

// Open opens a recording for reading; the caller closes the file. A file that is no
// recording, or one of another version, is a usage error.
func Open(path string) (*traffic.Reader, io.Closer, error) {
	file, err := os.Open(path)
	if err != nil {
		if failed, ok := errors.AsType[*fs.PathError](err); ok {
			err = failed.Err
		}
		return nil, nil, cli.Usage(fmt.Sprintf("read the recording %s: %v", path, err), "name a file that --record has written")
	}
	r, err := traffic.NewReader(untilNow(file))
	if err == nil {
		return r, file, nil
	}
	hint := "name a file that --record has written"
	var version *traffic.VersionError
	switch {
	case errors.As(err, &version) && version.Version > traffic.Version:
		hint = "use the wps that has made it, or a newer one"
	case errors.As(err, &version):
		hint = "record again with this wps"
	}
	return nil, nil, cli.JoinErrors(cli.Usage(fmt.Sprintf("%s: %v", path, err), hint), file.Close())
}

// untilNow returns what a file holds now: a recording that is being written may grow
// by what a replay of it causes.
func untilNow(file *os.File) io.Reader {
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		return io.LimitReader(file, info.Size())
	}
	return file
}

// Line returns the object in one line of a recording; the first object is in line 2.
func Line(path string, line int) (*traffic.Object, error) {
	r, file, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for {
		o, at, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil, cli.Usage(fmt.Sprintf("%s has no object in line %d, it ends with line %d", path, line, at-1), "the first object is in line 2")
		case at == line && err != nil:
			return nil, cli.Usagef("%s: %v", path, err)
		case at == line:
			return o, nil
		case at > line:
			return nil, cli.Usage(fmt.Sprintf("%s has no object in line %d", path, line), "the first object is in line 2")
		case err != nil && !isLineError(err):
			return nil, fmt.Errorf("read the recording %s: %v", path, err)
		}
	}
}

func isLineError(err error) bool {
	_, ok := errors.AsType[*traffic.LineError](err)
	return ok
}
