# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# 128 bytes by REST to 9,500 simple clients, all of which must get everything;
# both ends share a process and its limit on open files.
title='fan-out to 9,500 connections, 4 publishers'
unit='deliveries/s'
contenders='emulator prepared'
describe() {
  case $1 in
    emulator) echo 'wps emulator' ;;
    prepared) echo 'prepared-write loop' ;;
  esac
}
against() { echo 'ours/theirs >= 4'; }
prepare() { go_test emulator; }
measure() { go_benchmark emulator "Broadcast/conns=9500/publishers=4/by=$1" 200 deliveries/s; }
