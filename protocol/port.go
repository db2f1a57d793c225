package protocol

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// CheckPort returns an error if the address u names a port that does not exist. A
// server cannot be at port 0.
func CheckPort(u *url.URL) error {
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); n > 0 && err == nil || port == "" && !strings.HasSuffix(u.Host, ":") {
		return nil
	}
	return errors.New("the port in the address must be from 1 to 65535")
}
