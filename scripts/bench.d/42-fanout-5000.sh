# shellcheck shell=bash disable=SC2034 # scripts/bench.d/fanout.bash uses them
conns=5000 publishers=4 messages=200 mark=4
. scripts/bench.d/fanout.bash
