# shellcheck shell=bash disable=SC2034 # scripts/bench.d/fanout.bash uses them
conns=1000 publishers=4 messages=500 mark=3.5 nats=yes
. scripts/bench.d/fanout.bash
