package emulator

import "sync"

// lifetime counts what a closing server waits for. The zero value is open.
type lifetime struct {
	mu     sync.Mutex
	closed bool
	wg     sync.WaitGroup
}

// enter counts the caller until it calls leave. It returns false, and counts
// nothing, once close was called.
func (l *lifetime) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.wg.Add(1)
	return true
}

// extend counts once more. The caller is counted already.
func (l *lifetime) extend() { l.wg.Add(1) }

// leave ends what enter or extend counted.
func (l *lifetime) leave() { l.wg.Done() }

// run counts f in a goroutine. The caller is counted already, or close was not
// called yet.
func (l *lifetime) run(f func()) { l.wg.Go(f) }

// close makes enter return false from now on.
func (l *lifetime) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// wait returns when everything that was counted has ended.
func (l *lifetime) wait() { l.wg.Wait() }
