package protocol

// Outcome is how a REST request went. Zero members are unknown: without an answer
// there is neither a status nor a code.
type Outcome struct {
	// Tries is how often the request was sent.
	Tries int `json:"tries,omitempty"`
	// HTTPStatus is that of the last answer, and Code the service's own code in
	// it, such as Error.Connection.NotExisted.
	HTTPStatus int    `json:"httpStatus,omitempty"`
	Code       string `json:"code,omitempty"`
}
