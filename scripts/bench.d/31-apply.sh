# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# 128 bytes, 16 in flight, a token signed for each, to a server that takes
# everything, in a process of its own: from the input to the summary.
title='apply --concurrency 16'
unit='events/s'
contenders='apply bare'
describe() {
  case $1 in
    apply) echo 'wps apply' ;;
    bare) echo 'Go, net/http only' ;;
  esac
}
against() { echo 'ours/theirs >= 0.85'; }
prepare() { go_test cmd; }
measure() { go_benchmark cmd "Apply/$1" 40000 events/s; }
