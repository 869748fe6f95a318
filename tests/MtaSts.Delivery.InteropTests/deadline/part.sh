# A run that does not come to its end is ended, says what was under way, and counts as failed. In the run that is started here, this part is what does not end.
[[ -z ${WITHIN_RUN:-} ]] || exec sleep 86400
LIMIT=3 WITHIN_RUN=1 "$here/run" deadline > /srv/log/run 2>&1
code=$?
says='^FAIL time: not at its end after 3 seconds; under way: deadline$'
if ((code == 1)) && grep -q "$says" /srv/log/run && [[ $(tail -n 1 /srv/log/run) == '0 passed, 2 failed' ]]; then
    ok 'a run that takes too long is ended, says what was under way, and counts as failed'
else
    failed 'a run that takes too long is ended, says what was under way, and counts as failed' "exit code $code: $(tail -n 1 /srv/log/run)"
fi
# What the kernel kills is gone a moment later.
for _ in {1..50}; do
    left=$(cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\0' ' ' | grep -o 'sleep 86400')
    [[ -n $left ]] || break
    sleep 0.1
done
if [[ -z $left ]]; then ok 'and nothing that it started is left'; else failed 'and nothing that it started is left' "$left"; fi
