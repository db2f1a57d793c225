package handlercmd

import (
	"errors"
	"testing"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
)

// checkUsage fails the test unless err is a usage error with the text want; "" is
// no error.
func checkUsage(t *testing.T, call string, err error, want string) {
	t.Helper()
	usage, isUsage := errors.AsType[*cli.UsageError](err)
	switch {
	case want == "" && err != nil:
		t.Errorf("%s = %v, want no error", call, err)
	case want != "" && (!isUsage || usage.Text != want):
		t.Errorf("%s = %v, want the usage error %q", call, err, want)
	}
}

func TestListenCheck(t *testing.T) {
	t.Parallel()
	on := hooks.Flags{On: []string{"connect=:accept"}}
	for _, tt := range []struct {
		name  string
		o     listenOptions
		given cli.FlagNames
		want  string
	}{
		{"hooks", listenOptions{hooks: on, path: "/eh"}, nil, ""},
		{"negotiate alone", listenOptions{negotiatePath: "/n"}, cli.FlagNames{"user": true}, ""},
		{"nothing, which shows every event", listenOptions{}, cli.FlagNames{"data": true}, ""},
		{"half of TLS", listenOptions{hooks: on, keyFile: "k"}, nil, "--tls-cert and --tls-key go together"},
		{"path", listenOptions{hooks: on, path: "eh"}, nil, `--path "eh" must begin with /`},
		{"one path", listenOptions{hooks: on, path: "/a", negotiatePath: "/a"}, nil, "--path and --negotiate must differ"},
		{"key", listenOptions{hooks: on, skipSignature: true, keys: []string{"k"}}, nil, "--key and --skip-signature exclude each other"},
		{"user", listenOptions{hooks: on}, cli.FlagNames{"user": true}, "--user goes with --negotiate"},
		{"workers", listenOptions{hooks: on}, cli.FlagNames{"workers": true}, "--workers goes with --worker"},
	} {
		checkUsage(t, tt.name+": check", tt.o.check(tt.given), tt.want)
	}
}
