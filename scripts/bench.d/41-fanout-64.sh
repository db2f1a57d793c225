# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# 128 bytes by REST to 1,000 simple clients; servers, publishers and receivers
# share a process.
title='fan-out to 1,000 connections, 64 publishers'
unit='deliveries/s'
contenders='emulator prepared'
describe() {
  case $1 in
    emulator) echo 'wps emulator' ;;
    prepared) echo 'prepared-write loop' ;;
  esac
}
against() { echo 'ours/theirs >= 6'; }
prepare() { go_test emulator; }
measure() { go_benchmark emulator "Broadcast/conns=1000/publishers=64/by=$1" 500 deliveries/s; }
