// The generator of the documentation's web site. It is a module of its own so that
// none of its dependencies enters the program's go.mod.
module wps/scripts/docs.d

go 1.26.0

require (
	github.com/yuin/goldmark v1.8.7
	golang.org/x/net v0.62.0
)
