package apply

import "time"

// Synced is when the journal was last forced to the disk.
func (j *Journal) Synced() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.synced
}
