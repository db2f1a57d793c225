# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
title='binary, stripped'
unit=MB
rounds=1 # it does not vary
contenders='wps'
describe() { echo wps; }
against() { echo '<= 20'; }
measure() { wc -c <"$bin/wps" | awk '{ printf "%.1f\n", $1 / 1e6 }'; }
