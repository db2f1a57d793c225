package apply

import (
	"sync"
	"time"
)

// syncInterval is how often a journal is forced to the disk while it is written.
const syncInterval = time.Second

// syncer is the part of a Journal that forces records to the disk. That may take
// long, so it is done by a timer and without the lock that writers need.
type syncer struct {
	force    func() error   // forces the file to the disk
	timer    *time.Timer    // of the next sync; nil when none is scheduled
	running  sync.WaitGroup // the scheduled or current sync
	current  bool           // a sync is running
	dirty    bool           // records were written since the last sync began
	synced   time.Time      // when that was
	reported bool           // the journal's error was returned or passed on
	closed   bool
}

// scheduleSync has what was written forced to the disk: a second after the last
// sync began, or after its end if it takes longer. The caller holds the lock.
func (j *Journal) scheduleSync() {
	j.dirty = true
	if j.timer != nil || j.current || j.closed {
		return
	}
	j.running.Add(1)
	j.timer = time.AfterFunc(max(syncInterval-time.Since(j.synced), 0), j.syncNow)
}

// syncNow forces the file to the disk. An error ends the run.
func (j *Journal) syncNow() {
	defer j.running.Done()
	j.mu.Lock()
	j.timer, j.current, j.dirty, j.synced = nil, true, false, time.Now()
	j.mu.Unlock()
	err := withoutPath(j.force())
	j.mu.Lock()
	defer j.mu.Unlock()
	j.current = false
	switch {
	case err != nil && j.err == nil:
		j.err = err
		if j.failed != nil {
			j.reported = true
			j.failed(&JournalError{j.path, err})
		}
	case err == nil && j.dirty:
		j.scheduleSync()
	}
}

// endSync waits for the current sync and forces the file to the disk a last time,
// in place of the scheduled sync. It returns the first error that was not
// reported.
func (j *Journal) endSync() error {
	j.mu.Lock()
	j.closed = true
	if j.timer != nil && j.timer.Stop() {
		j.timer = nil
		j.running.Done()
	}
	j.mu.Unlock()
	j.running.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.reported:
		return nil
	case j.err != nil:
		return j.err
	}
	j.synced = time.Now()
	return withoutPath(j.force())
}
