package cmd_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
)

// handlerMain is the program "eventhandler URLFILE": a small event handler on a
// free port, whose URL it writes to the file once it listens. It prints each
// event, refuses the user "abc", and answers user events with their own text.
// An interrupt ends it.
func handlerMain(args []string) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		err = os.WriteFile(args[0], []byte("http://"+l.Addr().String()), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt)
	go http.Serve(l, http.HandlerFunc(answerEvent))
	<-interrupts
	return 0
}

func answerEvent(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("WebHook-Allowed-Origin", r.Header.Get("WebHook-Request-Origin"))
		return
	}
	body, _ := io.ReadAll(r.Body)
	event, user := r.Header.Get("ce-eventName"), r.Header.Get("ce-userId")
	fmt.Printf("%s %s %s %s\n", r.URL.Path, event, user, strings.Split(string(body), ",")[0])
	switch {
	case event == "connect" && user == "abc":
		http.Error(w, "abc may not", http.StatusUnauthorized)
	case strings.HasPrefix(r.Header.Get("ce-type"), "azure.webpubsub.user."):
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		fmt.Fprintf(w, "re: %s", body)
	}
}
