# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# Messages of 128 bytes to one client, in bursts of 200, as fast as it takes them.
# All but the loop print each message as JSON into a pipe; the loop only reads.
title='messages received by one client, bursts of 200'
unit='messages/s'
contenders='wps print sdk loop'
describe() {
  case $1 in
    wps) echo 'wps connect -o json' ;;
    print) echo 'Go, decode and print' ;;
    sdk) echo 'Node, official SDK' ;;
    loop) echo 'Go, read loop' ;;
  esac
}
against() {
  case $1 in
    print) echo 'ours/theirs >= 1.5' ;;
    sdk) echo 'ours/theirs >= 3' ;;
  esac
}
prepare() {
  go_build receiver ./scripts/bench.d/receiver
  needs_sdk
}
measure() {
  local n
  n=$(times 300000)
  case $1 in
    wps) "$bin/measure" receive "$n" "$bin/wps" connect -q -o json --url '{url}' --subprotocol json --only message --count "$n" --wait 60s ;;
    print) "$bin/measure" receive "$n" "$bin/receiver" print "$n" '{url}' ;;
    sdk) "$bin/measure" receive "$n" node conformance/bench/receive.js "$n" '{url}' ;;
    loop) "$bin/measure" receive "$n" "$bin/receiver" read "$n" '{url}' ;;
  esac
}
