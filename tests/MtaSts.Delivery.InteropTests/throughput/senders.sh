#!/bin/bash
# Starts and ends the senders of a round, each without memory of the rounds before. senders.sh FUNCTION
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SCRATCH=/srv
. "$here/internet.sh"
. "$here/checks.sh"
. "$here/peers/postfix.sh"
. "$here/peers/chasquid.sh"
exec 3>&1 > /srv/log/senders 2>&1

# Both print the processes whose time and memory count. The one begins with a queue that is to fill up, the other sends at once.
begin_postfix() { start_postfix smtp; }

begin_open_postfix() { start_postfix ''; }

start_postfix() {
    mta_sts_resolver /srv/ca/root.pem 3>&-
    postconf -c /srv/postfix -e "defer_transports=$1"
    start postfix 127.0.0.2:25 postfix -c /srv/postfix start-fg 3>&-
    echo "${processes[resolver]} ${processes[postfix]}" | tee /srv/processes >&3
}

# Everything is in the queue, and has been put off once.
queued_postfix() { within 60 settled_queue; }

settled_queue() { [[ -z $(find /srv/postfix/queue/{maildrop,incoming,active} -type f -print -quit) ]]; }

release_postfix() {
    postconf -c /srv/postfix -e defer_transports=
    postfix -c /srv/postfix reload
    postqueue -c /srv/postfix -f
}

end_postfix() {
    postfix -c /srv/postfix stop
    kill $(cut -d ' ' -f 1 /srv/processes)
    rm -rf /srv/postfix/queue/*
}

begin_chasquid() {
    rm -rf /srv/chasquid/data && mkdir /srv/chasquid/data
    start_chasquid 127.0.0.3 /srv/ca/root.pem 3>&-
    echo "${processes[chasquid]}" | tee /srv/processes >&3
}

end_chasquid() { kill $(cat /srv/processes); }

"$1"
