package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"wps/protocol"
)

// Send sends m to the connections of to. A target that does not exist is no error:
// the service accepts a message without receivers.
//
// Data over [protocol.MaxMessageSize] is not sent; the error is [ErrTooLarge].
// Metadata is sent in headers, which the service reads although its REST
// description does not mention them.
func (s *Service) Send(ctx context.Context, to protocol.Target, m protocol.Send) (o protocol.Outcome, err error) {
	if err := m.Check(to); err != nil {
		return o, err
	}
	path, err := s.target(to)
	if err != nil {
		return o, err
	}
	r := s.newRequest(http.MethodPost, path+"/:send",
		params("excluded", m.Excluded), param("filter", m.Filter), numberParam("messageTtlSeconds", m.TTLSeconds))
	r.success = http.StatusAccepted
	r.contentType, r.body = m.DataType.ContentType(), m.Data
	r.header, err = metadataHeader(m.Metadata)
	if err != nil {
		return o, err
	}
	return s.exec(ctx, r)
}

// metadataHeader returns the headers for metadata. The service lowers the case of
// a key, trims a value and keeps only what follows its last comma, so metadata
// that would change on its way is refused.
//
// Source: the vendor's emulator; the REST description does not mention the headers.
func metadataHeader(m map[string]string) (http.Header, error) {
	if len(m) == 0 {
		return nil, nil
	}
	h := http.Header{}
	for k, v := range m {
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == ',' || r == 0x7f }) || strings.TrimSpace(v) != v {
			return nil, fmt.Errorf("metadata value of %q may not contain a comma or a control character, nor begin or end with a blank", k)
		}
		name := protocol.MetadataHeader + k
		if len(h.Values(name)) > 0 {
			return nil, fmt.Errorf("metadata key %q is set twice, in different case", k)
		}
		h.Set(name, v)
	}
	return h, nil
}
