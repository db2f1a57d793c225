// Command wps works with Azure Web PubSub from a terminal or a script. All of
// it is in package cmd and below; ARCHITECTURE.md describes the packages.
package main

import (
	"os"

	"wps/cmd"
)

func main() { os.Exit(cmd.Main()) }
