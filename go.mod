module wps

go 1.26
