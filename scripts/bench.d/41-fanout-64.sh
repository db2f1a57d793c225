# shellcheck shell=bash disable=SC2034 # scripts/bench.d/fanout.bash uses them
conns=1000 publishers=64 messages=500 mark=6 nats=yes
. scripts/bench.d/fanout.bash
