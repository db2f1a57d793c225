#!/bin/sh
# The connect function of the spec's sample: user abc is refused, everyone else
# has the role Admin.
#
#   wps listen --on connect scripts/samples/connect.sh
if [ "$WPS_USER_ID" = abc ]; then
	echo '{"error":{"code":"unauthorized","error":"Invalid User"}}'
else
	echo '{"roles":["Admin"]}'
fi
