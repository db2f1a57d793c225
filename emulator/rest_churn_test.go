package emulator_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
)

// TestRESTChurn has everything happen at once: connections come and go while REST
// sends to them, lists them, moves them between groups, grants, closes, and
// while people look. Nothing may be refused but what is not there any more, and
// when all have gone nothing may be left of them.
func TestRESTChurn(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: time.Second})
	r, ctx := remote(t, e.ConnectionString), waiting(t)
	var running atomic.Bool
	running.Store(true)
	var work sync.WaitGroup
	repeat := func(what string, f func(i int) (status int, err error)) {
		work.Go(func() {
			for i := 0; running.Load(); i++ {
				if status, err := f(i); err != nil || status >= 300 && status != 404 {
					t.Errorf("%s: status %d, %v", what, status, err)
					return
				}
			}
		})
	}
	rest := func(method, path, contentType, body string) func(int) (int, error) {
		return func(i int) (int, error) {
			a, err := try(ctx, e, request{method: method, path: "chat/" + fmt.Sprintf(path, i%5), contentType: contentType, body: body})
			return a.status, err
		}
	}
	repeat("send", rest("POST", "groups/g%d/:send", text, "x"))
	repeat("send with filter", rest("POST", ":send?filter='g%d'%%20in%%20groups", text, "x"))
	repeat("add user", rest("PUT", "users/u%d/groups/extra", "", ""))
	repeat("leave all", rest("DELETE", "users/u%d/groups", "", ""))
	repeat("bulk", rest("POST", ":addToGroups?%d", jsonType, `{"groups":["a","b","c"],"filter":"length(groups) lt 3"}`))
	repeat("list", rest("GET", "groups/g%d/connections?maxpagesize=2", "", ""))
	repeat("close", rest("POST", "users/u%d/:closeConnections?reason=churn", "", ""))
	repeat("look", func(i int) (int, error) {
		all, err := r.Connections(ctx, "")
		for _, c := range all {
			if a, err := try(ctx, e, permission("PUT", "sendToGroup", c.ConnectionID, fmt.Sprint("g", i%5))); err != nil {
				return a.status, err
			}
		}
		return 0, err
	})
	const rounds, at = 40, 5
	var clients sync.WaitGroup
	for n := range at {
		clients.Go(func() {
			for i := range rounds {
				o := clientOptions{user: fmt.Sprint("u", (n+i)%5), roles: joinAny, groups: []string{fmt.Sprint("g", i%5)}}
				c, _, err := dialTry(t, e, o)
				if err != nil {
					t.Errorf("dial: %v", err)
					return
				}
				if _, _, err := c.readTry(); err != nil && i%2 == 0 {
					continue // it was closed already
				}
				c.ws.Close()
			}
		})
	}
	clients.Wait()
	running.Store(false)
	work.Wait()
	left := errors.New("connections are left")
	for left != nil {
		st, err := r.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if left = nil; st.Connections != 0 {
			left = fmt.Errorf("%+v", st)
		} else if st.Users != 0 || st.Groups != 0 || len(st.Hubs) != 0 {
			t.Errorf("without connections: %+v", st)
		}
	}
}
