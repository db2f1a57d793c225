# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# 128 bytes, 16 in flight, a token signed for each, to an empty hub of the
# emulator. The Go contenders share a process with it, the SDK has two.
title='REST sends, 16 in flight'
unit='sends/s'
contenders='client http sdk'
describe() {
  case $1 in
    client) echo 'wps, package client' ;;
    http) echo 'Go, net/http only' ;;
    sdk) echo 'Node, official SDK' ;;
  esac
}
against() {
  case $1 in
    http) echo 'ours/theirs >= 0.85' ;;
    sdk) echo 'ours/theirs >= 15' ;;
  esac
}
prepare() {
  go_test client
  needs_sdk
}
measure() {
  case $1 in
    sdk) "$bin/wps" emulator -q -- node conformance/bench/send.js "$(times 1000)" ;;
    *) go_benchmark client "Send/to=emulator/by=$1" 40000 sends/s ;;
  esac
}
