#!/bin/sh
# The message function of the spec's sample: the user joins group1, everyone
# gets the message in the data type that it came in, and the sender gets an
# acknowledgement. --dry-run makes wps print an event object instead of running
# it; wps listen runs what is in $WPS_OUTPUT, in order, and then answers.
#
#   wps listen --on message scripts/samples/message.sh
set -e
wps group join group1 --user "$WPS_USER_ID" --dry-run >>"$WPS_OUTPUT"
wps broadcast --data-type "$WPS_DATA_TYPE" --dry-run - >>"$WPS_OUTPUT"
printf '[Ack] message received'
