package emulator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"wps/emulator/internal/carrier"
	"wps/protocol"
)

// Times of the validation of a handler: validateTimeout limits one; a positive
// result holds for validFor, a negative one for invalidFor, twice as long each
// time, up to validFor.
//
// Source: the vendor's emulator.
const (
	validateTimeout = 10 * time.Second
	validFor        = 60 * time.Second
	invalidFor      = time.Second
)

// maxValidations limits the results that are kept; a hub's name may be part of the
// URL, and clients choose hubs.
const maxValidations = 1024

// validations keeps the results by URL.
type validations struct {
	mu   sync.Mutex
	each map[validationKey]*validation
}

// validationKey names a result: a way to reach handlers, the URL, and the host
// that was asked for.
type validationKey struct {
	carrier carrier.Carrier
	url     string
	origin  string
}

// validation is the last result for one URL, guarded by validations.mu but for
// first.
type validation struct {
	first    chan struct{} // closed when there is a result
	err      error
	until    time.Time
	failures int // in a row
	running  bool
}

// validate returns an error unless the handler accepts events of a hub: it must
// allow the origin, the host of the service. The first call for a URL waits for
// the result, and so do others meanwhile; later ones return the last result at
// once, while an old one is renewed in the background.
//
// The caller is one that Close waits for.
func (u *upstream) validate(ctx context.Context, h *handler, hub, origin string) error {
	if h.carrier.Trusted() {
		return nil
	}
	key := validationKey{h.carrier, h.carrier.Address(hub, protocol.ValidateEvent), origin}
	c := &u.validations
	c.mu.Lock()
	v := c.each[key]
	if v == nil {
		v = &validation{first: make(chan struct{})}
		c.add(key, v)
	}
	if !v.running && !u.server.now().Before(v.until) {
		v.running = true
		u.server.life.run(func() { u.renew(key, v) })
	}
	known, last := !v.until.IsZero(), v.err // as they are before it is renewed
	c.mu.Unlock()
	if known {
		return last
	}
	select {
	case <-v.first:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return v.err
}

// add adds a result and removes another when there are too many; callers that wait
// for a removed one still receive it.
func (c *validations) add(key validationKey, v *validation) {
	if c.each == nil {
		c.each = map[validationKey]*validation{}
	}
	for old := range c.each {
		if len(c.each) < maxValidations {
			break
		}
		delete(c.each, old)
	}
	c.each[key] = v
}

// renew validates and keeps the result.
func (u *upstream) renew(key validationKey, v *validation) {
	ctx, cancel := context.WithTimeout(u.ctx, validateTimeout)
	defer cancel()
	err := carrier.Validate(ctx, key.carrier, key.url, key.origin, false, u.server.log)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("no answer within %s", validateTimeout)
	}
	if err != nil && ctx.Err() != context.Canceled {
		u.server.log.Warn("event handler not valid, no events are sent to it", "url", ShownURL(key.url), "origin", key.origin, "error", oneLine(err))
	}
	u.validations.mu.Lock()
	defer u.validations.mu.Unlock()
	lasts := validFor
	if v.failures++; err == nil {
		v.failures = 0
	} else if v.failures < 7 { // 1, 2, 4, ... 32 seconds
		lasts = invalidFor << (v.failures - 1)
	}
	v.err, v.until, v.running = err, u.server.now().Add(lasts), false
	select {
	case <-v.first:
	default:
		close(v.first)
	}
}
