// Command load puts loads of an attacker on wps processes and prints what each of
// them costs. scripts/attack builds and runs it.
//
//	load -wps PATH [LOAD]...
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"
)

// loadLimit is how long one load may take.
const loadLimit = 60 * time.Second

// load is one load, and the most that it may cost: the numbers of docs/emulator.md.
type load struct {
	name   string
	about  string
	memory int // MiB
	run    func(context.Context, *emulator) error
}

func loads() []load {
	return []load{
		{"nothing", "nothing, for 5 s: to compare with", 60, nothing},
		{"connects", "20,000 clients connect and close, 50 at a time", 150, connects},
		{"joins", "a client joins 300,000 groups of 1,000 characters", 150, joins},
		{"streams", "300 streams with ids of 1 MiB", 150, streams},
		{"bulk", "100 clients are added to 139,000 groups by one request", 400, bulk},
		{"stuck", "200 clients do not read 20 messages of 1 MiB each of their own", 1200, stuck},
		{"reasons", "400 closes with reasons of 300 KB, and 16 followers of events that do not read", 300, reasons},
		{"slow", "1,000 connections send a header byte by byte", 150, slow},
		{"headers", "200 handshakes with headers of 2 MiB", 300, headers},
	}
}

func main() {
	wps := flag.String("wps", "", "the program to attack")
	list := flag.Bool("list", false, "print the names of the loads")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *list {
		for _, l := range loads() {
			fmt.Printf("%-10s %s\n", l.name, l.about)
		}
		return
	}
	if !runAll(ctx, *wps, flag.Args()) {
		stop()
		os.Exit(1)
	}
}

// runAll runs the loads whose names contain one of the words, and reports whether
// all stayed within their limits.
func runAll(ctx context.Context, wps string, words []string) bool {
	good := true
	fmt.Println("| load | peak memory | limit | wait of another sender, p99 and longest | of its receiver | lost | normal again after |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, l := range loads() {
		if len(words) > 0 && !matches(l.name, words) {
			continue
		}
		row, err := runOne(ctx, wps, l)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", l.name, err)
			good = false
			continue
		}
		fmt.Println(row)
		if row.memory > l.memory || row.lost > 0 {
			fmt.Fprintf(os.Stderr, "%s: above its limit\n", l.name)
			good = false
		}
	}
	return good
}

func matches(name string, words []string) bool {
	for _, w := range words {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}

// row is the result of one load.
type row struct {
	load
	memory int
	sends  waits
	gets   waits
	lost   int
	normal time.Duration
}

func (r row) String() string {
	return fmt.Sprintf("| %s | %d MiB | %d MiB | %v | %v | %d | %v |", r.about, r.memory, r.load.memory, r.sends, r.gets, r.lost, r.normal.Round(time.Millisecond))
}

// runOne runs a load against a new emulator, while the probe sends and receives.
func runOne(ctx context.Context, wps string, l load) (r row, err error) {
	r.load = l
	ctx, cancel := context.WithTimeout(ctx, 2*loadLimit)
	defer cancel()
	e, err := startEmulator(ctx, wps)
	if err != nil {
		return r, err
	}
	defer e.stop()
	p, err := startProbe(ctx, e)
	if err != nil {
		return r, err
	}
	limited, end := context.WithTimeout(ctx, loadLimit)
	err = l.run(limited, e)
	end()
	if err != nil {
		return r, err
	}
	if r.normal, err = p.untilNormal(ctx); err != nil {
		return r, err
	}
	r.sends, r.gets, r.lost = p.end()
	r.memory, err = e.peakMemory()
	return r, err
}
