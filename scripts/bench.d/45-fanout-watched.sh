# shellcheck shell=bash disable=SC2034,SC2154 # scripts/bench shares its variables
# Fan-out of 128 bytes to 1,000 connections by "wps bench fanout" while the emulator
# writes a recording and a page reads its stream, beside the emulator alone. curl
# reads as the page does, without drawing.
title='fan-out to 1,000 connections, recorded and watched'
unit='deliveries/s'
contenders='watched alone'
describe() {
  case $1 in
    watched) echo 'page open, --record' ;;
    alone) echo 'wps emulator' ;;
  esac
}
against() { echo 'ours/theirs >= 0.8'; }
prepare() { command -v curl >/dev/null || { echo 'this row needs curl' >&2 && return 1; }; }
measure() {
  local emulator reader='' flags=--no-ui url status=0
  rm -f "$work/watched.json" "$work/run.ndjson"
  [ "$1" = alone ] || flags="--record=$work/run.ndjson"
  "$bin/wps" emulator --addr 127.0.0.1:0 -o json "$flags" >"$work/watched.json" 2>>"$work/log" &
  emulator=$!
  until [ -s "$work/watched.json" ]; do sleep 0.1; done
  url=$(sed -n 's/.*"endpoint":"\([^"]*\)".*/\1/p' "$work/watched.json")
  if [ "$1" = watched ]; then
    curl -sN -H "Authorization: Bearer $(sed -n 's/.*#token=\([A-Z0-9]*\).*/\1/p' "$work/watched.json")" \
      "$url/_ui/api/stream" >/dev/null &
    reader=$!
  fi
  "$bin/wps" bench fanout --hub bench --connections 1000 --warmup 1s --duration "$(times 4)s" -o json --jq .perSecond \
    --connection-string "Endpoint=$url;AccessKey=$WPS_EMULATOR_KEY;Version=1.0;" 2>>"$work/log" || status=$?
  kill "$emulator" ${reader:+"$reader"}
  wait "$emulator" ${reader:+"$reader"} || true
  return "$status"
}
