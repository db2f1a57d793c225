package feed_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"wps/internal/feed"
	"wps/protocol"
	"wps/protocol/traffic"
)

func note(text string) *traffic.Object {
	o := traffic.New(traffic.Note, time.Now())
	o.Reason = text
	return o
}

func message(data string) *traffic.Object {
	o := traffic.New(traffic.Message, time.Now())
	o.Fanout = &traffic.Fanout{Target: protocol.TargetAll, Receivers: 3}
	o.SetPayload(protocol.DataTypeText, []byte(data))
	return o
}

func reasons(batch []*traffic.Object) string {
	var all []string
	for _, o := range batch {
		all = append(all, o.Reason)
	}
	return strings.Join(all, " ")
}

// TestFollowerMemory proves that what waits for a follower that does not read is
// bounded in bytes too, not only in objects, and that it learns what it missed.
func TestFollowerMemory(t *testing.T) {
	t.Parallel()
	var f feed.Feed
	follower, err := f.Follow(feed.Options{Detail: true})
	if err != nil {
		t.Fatal(err)
	}
	defer follower.Close()
	const sent, size = 1000, 10_000
	for range sent {
		f.Publish(message(strings.Repeat("x", size)))
	}
	batch := follower.Drain(time.Now())
	last := batch[len(batch)-1]
	if got, want := len(batch)-1, feed.MaxPendingBytes/size+1; got != want {
		t.Errorf("%d objects of %d bytes were pending, want %d", got, size, want)
	}
	if last.Type != traffic.Dropped || last.Count+len(batch)-1 != sent {
		t.Errorf("the last is %+v, want the number of those missed", last)
	}
	f.Publish(note("later"))
	if batch := follower.Drain(time.Now()); reasons(batch) != "later" {
		t.Errorf("afterwards %q, want one object", reasons(batch))
	}
}

// TestKept proves that the ring keeps the newest objects, within its bounds in number
// and in bytes.
func TestKept(t *testing.T) {
	t.Parallel()
	var f feed.Feed
	for i := range feed.Kept + 5 {
		f.Publish(note(fmt.Sprint(i)))
	}
	all := f.Latest(feed.Options{Recent: 2000})
	if len(all) != feed.Kept || all[0].Reason != "5" || all[0].ID != 6 {
		t.Fatalf("%d kept, the first is %q with id %d; want %d, 5, 6", len(all), all[0].Reason, all[0].ID, feed.Kept)
	}
	if got := reasons(f.Latest(feed.Options{Recent: 2})); got != "1003 1004" {
		t.Errorf("the latest two are %q", got)
	}
	if got := f.Latest(feed.Options{Recent: 2000, After: all[990].ID}); len(got) != 9 {
		t.Errorf("%d after the 991st, want 9", len(got))
	}
	if o := f.Find(6); o == nil || o.Reason != "5" || f.Find(5) != nil {
		t.Errorf("Find(6) = %v, Find(5) = %v, want the first and nil", o, f.Find(5))
	}
	for range 100 {
		f.Publish(message(strings.Repeat("x", traffic.MaxPayload)))
	}
	size := 0
	for _, o := range f.Latest(feed.Options{Recent: 2000, Detail: true}) {
		size += o.Size()
	}
	if size > 4<<20 || size < 3<<20 {
		t.Errorf("%d bytes are kept, want nearly 4 MiB", size)
	}
}

// TestDetails proves that details cost nothing while nobody wants them, and reach
// only those who do.
func TestDetails(t *testing.T) {
	t.Parallel()
	var f feed.Feed
	detail := func() *traffic.Object { o := note("detail"); o.Detail = true; return o }
	plain, err := f.Follow(feed.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f.Publish(detail())
	if f.Watched() || f.NewChain() != 0 || len(f.Latest(feed.Options{Recent: 9, Detail: true})) != 0 {
		t.Error("a detail was kept without a reader of details")
	}
	full, err := f.Follow(feed.Options{Detail: true})
	if err != nil {
		t.Fatal(err)
	}
	if !f.Watched() || f.NewChain() != 1 || f.NewChain() != 2 {
		t.Error("with a reader of details, chains are not numbered")
	}
	f.Publish(detail())
	f.Publish(message("secret"))
	if got := plain.Drain(time.Now()); len(got) != 1 || got[0].Data != "" || got[0].Bytes != 6 {
		t.Errorf("the plain follower got %+v, want the message without data", got)
	}
	if got := full.Drain(time.Now()); len(got) != 2 || got[1].Data != "secret" {
		t.Errorf("the other got %+v, want both with data", got)
	}
	if got := f.Totals(); got.Messages != 1 || got.Deliveries != 3 {
		t.Errorf("totals = %+v, want 1 message and 3 deliveries", got)
	}
	full.Close()
	full.Close()
	if f.Watched() || f.Followers() != 1 {
		t.Error("details are wanted after the end of their reader")
	}
}

// TestFilters proves that each follower gets what its filter selects.
func TestFilters(t *testing.T) {
	t.Parallel()
	var f feed.Feed
	a := note("Apple")
	a.Hub = "fruit"
	f.Publish(a)
	f.Publish(note("pear"))
	for _, test := range []struct {
		filter traffic.Filter
		want   string
	}{
		{traffic.Filter{}, "Apple pear"},
		{traffic.Filter{Grep: "aPP"}, "Apple"},
		{traffic.Filter{Hub: "FRUIT"}, "Apple"},
		{traffic.Filter{Types: []traffic.Type{traffic.Message}}, ""},
	} {
		o := feed.Options{Recent: 10, Filter: test.filter}
		follower, err := f.Follow(o)
		if err != nil {
			t.Fatal(err)
		}
		<-follower.Ready()
		if got := reasons(follower.Drain(time.Now())); got != test.want {
			t.Errorf("%+v: followed %q, want %q", test.filter, got, test.want)
		}
		if got := reasons(f.Latest(o)); got != test.want {
			t.Errorf("%+v: latest %q, want %q", test.filter, got, test.want)
		}
		follower.Close()
	}
}

// TestBusy proves that the number of followers is limited.
func TestBusy(t *testing.T) {
	t.Parallel()
	var f feed.Feed
	for range feed.MaxFollowers {
		if _, err := f.Follow(feed.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Follow(feed.Options{}); !errors.Is(err, feed.ErrBusy) {
		t.Errorf("one more = %v, want ErrBusy", err)
	}
}
