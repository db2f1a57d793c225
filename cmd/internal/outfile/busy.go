package outfile

import (
	"os"
	"time"
)

// On Windows a file that a program reads cannot be replaced, and one that is being
// replaced cannot be read. Both last for a moment, so that Rename and Read try again
// for up to about two seconds; elsewhere neither happens.
const (
	firstPause = time.Millisecond
	lastPause  = time.Second
)

// Rename is os.Rename, also of a file that is read at this moment.
func Rename(from, to string) error {
	return again(func() error { return os.Rename(from, to) })
}

// Read is os.ReadFile, also of a file that is replaced at this moment.
func Read(path string) (text []byte, err error) {
	err = again(func() error {
		text, err = os.ReadFile(path)
		return err
	})
	return text, err
}

// again calls a function until it does not fail because of another program.
func again(do func() error) error {
	err := do()
	for pause := firstPause; pause <= lastPause && inUse(err); pause *= 2 {
		time.Sleep(pause)
		err = do()
	}
	return err
}
