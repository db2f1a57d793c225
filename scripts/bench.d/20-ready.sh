# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# From exec to the first answer of HEAD /api/health.
title='wps emulator, exec to healthy'
unit=ms
contenders='wps'
describe() { echo 'wps emulator'; }
against() { echo '<= 40'; }
measure() { "$bin/measure" ready "$(times 10)" "$bin/wps" emulator --addr localhost:0 -q; }
