package apply

import "time"

// Synced returns when the journal was last forced to the disk.
func (j *Journal) Synced() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.synced
}

// SetForce replaces what forces the journal to the disk.
func (j *Journal) SetForce(force func() error) { j.force = force }

// SetMost makes the journal full after so many events.
func (j *Journal) SetMost(events int) { j.most = events }
