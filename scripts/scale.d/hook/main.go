// Command hook is a hook that takes a known time: 20 ms, or, by chance for one event
// in four, 100 ms. Then it answers the event with its data.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"
)

func main() {
	took := 20 * time.Millisecond
	if rand.IntN(4) == 0 {
		took = 100 * time.Millisecond
	}
	time.Sleep(took)
	if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
