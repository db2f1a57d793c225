package protocol

import (
	"errors"
	"fmt"
	"time"
)

// Send is the content of a :send operation, without its target.
type Send struct {
	DataType DataType
	Data     []byte
	// Excluded are connection ids that do not get the message; only for
	// TargetAll and TargetGroup.
	Excluded []string
	// Filter is an OData expression; "" means no filter. Not for
	// TargetConnection.
	Filter string
	// TTLSeconds is 0 (never expires) to 300.
	TTLSeconds int
	Metadata   map[string]string
}

// SendField is a part of a Send that Faults checks.
type SendField uint8

// The parts of a Send that Faults checks, in its order.
const (
	SendExcluded SendField = iota
	SendFilter
	SendTTL
	SendMetadata
)

// SendFault is a rule of the :send operation that a Send breaks.
type SendFault struct {
	Field SendField
	Err   error
}

// Faults returns the rules that sending m to a target would break; nil if m can be
// sent. It checks neither the data nor the name of the target, for which see
// Target.Check.
//
// Source: REST description 2024-12-01.
func (m *Send) Faults(to Target) []SendFault {
	var all []SendFault
	if len(m.Excluded) > 0 && (to.Kind == TargetUser || to.Kind == TargetConnection) {
		all = append(all, SendFault{SendExcluded, fmt.Errorf("connections cannot be excluded when sending to %s", to)})
	}
	if m.Filter != "" && to.Kind == TargetConnection {
		all = append(all, SendFault{SendFilter, errors.New("a filter cannot be used when sending to one connection")})
	}
	if err := CheckTTL(int64(m.TTLSeconds)); err != nil {
		all = append(all, SendFault{SendTTL, err})
	}
	if err := CheckMetadata(m.Metadata); err != nil {
		all = append(all, SendFault{SendMetadata, err})
	}
	return all
}

// Check returns the faults of m as one error, on one line.
func (m *Send) Check(to Target) error {
	var errs []error
	for _, fault := range m.Faults(to) {
		errs = append(errs, fault.Err)
	}
	return joinErrors(errs...)
}

// CheckTTL returns an error unless the time to live of a message, in seconds, is
// from 0 (never expires) to MaxTTL.
func CheckTTL(seconds int64) error {
	if most := int64(MaxTTL / time.Second); seconds < 0 || seconds > most {
		return fmt.Errorf("time to live is %d seconds, it must be 0 to %d", seconds, most)
	}
	return nil
}

// Close is the content of an operation that closes connections, without its
// target.
type Close struct {
	// Reason is sent to JSON and protobuf clients; "" means none.
	Reason string
	// Excluded are connection ids that stay open; not for TargetConnection.
	Excluded []string
}

// Check returns an error if closing the connections of a target cannot have the
// exclusions of c.
func (c *Close) Check(target Target) error {
	if len(c.Excluded) > 0 && target.Kind == TargetConnection {
		return errors.New("connections cannot be excluded when closing one connection")
	}
	return nil
}
