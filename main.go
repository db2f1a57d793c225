// Command wps works with Azure Web PubSub from a terminal or a script.
package main

import (
	"os"

	"wps/cmd"
)

func main() { os.Exit(cmd.Main()) }
