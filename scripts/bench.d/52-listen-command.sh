# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# The same events, each answered by a new process of cat.
title='events into a handler, a command for each'
unit='events/s'
contenders='command http-exec'
describe() {
  case $1 in
    command) echo 'wps, hook cat' ;;
    http-exec) echo 'Go, net/http and os/exec' ;;
  esac
}
against() {
  case $1 in
    http-exec) echo 'ours/theirs >= 1' ;;
  esac
}
prepare() { go_test trigger; }
measure() { go_benchmark trigger "Listen/by=$1" 2000 events/s; }
