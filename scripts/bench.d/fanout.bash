# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench and the row share their variables
# A row of fan-out: $messages of 128 bytes by REST from $publishers to $conns simple
# clients, at most 64 on their way. The server is a process, publishers and
# receivers another. nats-server, when $nats says so, gets its messages over TCP and
# its publishers wait for a PONG. $mark is the ratio to reach beside the loop.
title="fan-out to ${conns%000},000 connections, $publishers publishers"
unit='deliveries/s'
contenders='emulator prepared coalescing'
[ -z "${nats-}" ] || ! has_nats || contenders="$contenders nats"
describe() {
  case $1 in
    emulator) echo 'wps emulator' ;;
    prepared) echo 'prepared-write loop' ;;
    coalescing) echo 'queue, coalescing writer' ;;
    nats) echo 'nats-server, WebSocket' ;;
  esac
}
against() {
  case $1 in
    prepared) echo "ours/theirs >= $mark" ;;
    *) echo 'ours/theirs >= 1' ;;
  esac
}
prepare() { go_test emulator; }
measure() { go_benchmark emulator "Broadcast/conns=$conns/publishers=$publishers/by=$1" "$messages" "$unit"; }
