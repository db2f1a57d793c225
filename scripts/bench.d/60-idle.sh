# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# Heap and stacks after a collection, the client's end in the same process
# included: the server alone needs less.
title='memory of an idle connection, 1,000 of them'
unit=KiB
contenders='json'
describe() { echo 'wps emulator, JSON'; }
against() { echo '<= 8'; }
prepare() { go_test emulator; }
measure() { go_benchmark emulator "Connections/kind=json/conns=1000" 1 B/conn | awk '{ printf "%.1f\n", $1 / 1024 }'; }
