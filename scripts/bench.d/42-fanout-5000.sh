# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# 128 bytes by REST to 5,000 simple clients, at most 64 messages on their way. The
# server is a process, publishers and receivers another.
title='fan-out to 5,000 connections, 4 publishers'
unit='deliveries/s'
contenders='emulator prepared coalescing'
describe() {
  case $1 in
    emulator) echo 'wps emulator' ;;
    prepared) echo 'prepared-write loop' ;;
    coalescing) echo 'queue, coalescing writer' ;;
  esac
}
against() {
  case $1 in
    prepared) echo 'ours/theirs >= 4' ;;
    *) echo 'ours/theirs >= 1' ;;
  esac
}
prepare() { go_test emulator; }
measure() { go_benchmark emulator "Broadcast/conns=5000/publishers=4/by=$1" 200 deliveries/s; }
