# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# The time from when a message is due until a client has it, 99th percentile of all
# deliveries: messages of 128 bytes at a steady rate to 1,000 simple clients. The
# rate is half the highest of the slowest server in the comparison, nats-server or
# centrifugo, measured first.
title='delivery latency to 1,000 connections, p99'
unit=ms
contenders='emulator prepared'
! has_nats || contenders="$contenders nats"
if command -v centrifugo >/dev/null; then
  contenders="$contenders centrifugo"
else
  printf '  without centrifugo, which is not installed (go install github.com/centrifugal/centrifugo/v6@latest)\n'
fi
describe() {
  case $1 in
    emulator) echo 'wps emulator' ;;
    prepared) echo 'prepared-write loop' ;;
    nats) echo 'nats-server, WebSocket' ;;
    centrifugo) echo 'Centrifugo' ;;
  esac
}
against() { [ "$1" = prepared ] || echo 'ours/theirs <= 1'; }
prepare() {
  local contender rate slowest=400000
  go_test emulator
  for contender in $contenders; do
    case $contender in emulator | prepared) continue ;; esac
    rate=$(go_benchmark emulator "Broadcast/conns=1000/publishers=4/by=$contender" 300 deliveries/s)
    rate=${rate%.*}
    [ "$rate" -ge "$slowest" ] || slowest=$rate
  done
  export WPS_BENCH_RATE=$((slowest / 2))
  printf '  at %d deliveries/s\n' "$WPS_BENCH_RATE"
}
measure() { go_benchmark emulator "Latency/by=$1" 500 p99-ms; }
