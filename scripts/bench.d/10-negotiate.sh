# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# Process start, key parsing, signing, printing.
title='wps negotiate -o url, cold process'
unit=ms
contenders='wps minimal sdk'
describe() {
  case $1 in
    wps) echo 'wps negotiate' ;;
    minimal) echo 'Go, cobra and JWT only' ;;
    sdk) echo 'Node, official SDK' ;;
  esac
}
against() {
  case $1 in
    minimal) echo 'ours/theirs <= 2.5' ;; # azidentity costs about a tenth
    sdk) echo 'theirs/ours >= 40' ;;
  esac
}
prepare() {
  go_build minimal ./scripts/bench.d/minimal
  needs_sdk
}
measure() {
  case $1 in
    wps) "$bin/measure" cold "$(times 100)" "$bin/wps" negotiate --hub chat --user u1 -o url ;;
    minimal) "$bin/measure" cold "$(times 100)" "$bin/minimal" --hub chat --user u1 ;;
    sdk) "$bin/measure" cold "$(times 3)" node conformance/bench/negotiate.js ;;
  esac
}
