# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# The same events, answered by another process that stays.
title='events into a handler, one worker'
unit='events/s'
contenders='worker http'
describe() {
  case $1 in
    worker) echo 'wps, one worker' ;;
    http) echo 'Go, net/http only' ;;
  esac
}
against() {
  case $1 in
    http) echo 'ours/theirs >= 0.45' ;;
  esac
}
prepare() { go_test trigger; }
measure() { go_benchmark trigger "Listen/by=$1" 20000 events/s; }
