# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# Signed user events of 128 bytes over 16 connections. The load comes from the
# process of the Go contenders; it is bytes made before.
title='events into a handler, built-in hook'
unit='events/s'
contenders='echo http middleware'
describe() {
  case $1 in
    echo) echo 'wps, hook :echo' ;;
    http) echo 'Go, net/http only' ;;
    middleware) echo 'Node, official middleware' ;;
  esac
}
against() {
  case $1 in
    http) echo 'ours/theirs >= 0.65' ;;
  esac
}
prepare() {
  go_test trigger
  needs_sdk
}
measure() {
  case $1 in
    middleware)
      local node status=0
      rm -f "$work/middleware"
      node conformance/bench/listen.js >"$work/middleware" &
      node=$!
      until [ -s "$work/middleware" ]; do sleep 0.1; done
      WPS_BENCH_HANDLER=$(cat "$work/middleware") go_benchmark trigger "Listen/by=$1" 5000 events/s || status=$?
      kill "$node"
      wait "$node" || true
      return "$status"
      ;;
    *) go_benchmark trigger "Listen/by=$1" 20000 events/s ;;
  esac
}
