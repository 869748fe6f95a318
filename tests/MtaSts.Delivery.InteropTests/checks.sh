# The checks, and the program they are about.

failures=0

ok() { echo "ok   $1" | tee -a "$SCRATCH/checks"; }

failed() {
    echo "FAIL $1${2:+: $2}" | tee -a "$SCRATCH/checks"
    failures=$((failures + 1))
}

# One process for all deliveries, so that what it has learnt in one counts in the next: a line of recipients goes in,
# a line of JSON for each of them comes out. start_program [RESOLVER...]
program_options=() program_message=$here/enforcement/message.eml
start_program() {
    mkfifo /srv/deliveries
    dotnet "$PROGRAM" send --dns "${@:-192.0.2.53}" --trust /srv/ca/root.pem --from sender@sender.test --eml "$program_message" "${program_options[@]}" \
        < /srv/deliveries >> /srv/outcomes 2> /srv/log/program &
    program=$!
    exec 4> /srv/deliveries
    expected=$(wc -l < /srv/outcomes)
}

# Servers that were started meanwhile hold the pipe open, too: its end would not come.
end_program() {
    exec 4>&-
    kill "$program"
    wait "$program" 2> /dev/null
    rm /srv/deliveries
}

deliver() {
    echo "$*" >&4
    expected=$((expected + $#))
    within 120 delivered_or_gone
    delivered || fatal 'program: no outcome for every recipient' "$(jq -c . /srv/outcomes 2>&1 | tail -n 3)"
}

delivered() { (($(wc -l < /srv/outcomes) >= expected)); }

delivered_or_gone() { delivered || ! kill -0 "$program" 2> /dev/null; }

# says WHAT RECIPIENT CONDITION: the library's last word on the recipient.
says() {
    local outcome
    outcome=$(jq -c --arg recipient "$2" 'select(.recipient == $recipient)' /srv/outcomes | tail -n 1)
    if jq -e "$3" <<< "$outcome" > /dev/null 2>&1; then ok "$1"; else failed "$1" "${outcome:-no outcome}"; fi
}

mailbox() { echo "/srv/mail/${1#*@}/${1%@*}/new"; }

messages() { find "$(mailbox "$1")" -type f 2> /dev/null; }

has_mail() { [[ -n $(messages "$1") ]]; }

# arrived WHAT RECIPIENT encrypted|clear: one message, equal byte for byte below the trace headers that Postfix put on
# top. Postfix stores lines with LF; its own Received header tells how the message came.
arrived() {
    local stored original=/srv/original size trace
    tr -d '\r' < "$part/message.eml" > "$original"
    within 60 has_mail "$2" || { failed "$1" 'no message in the mailbox'; return; }
    stored=$(messages "$2")
    [[ -f $stored ]] || { failed "$1" 'more than one message in the mailbox'; return; }
    size=$(stat -c %s "$original")
    trace=$(head -c "-$size" "$stored"; echo .)
    if ! tail -c "$size" "$stored" | cmp -s - "$original"; then
        diff -a "$original" "$stored" | cut -c 1-120 > /srv/log/differences
        failed "$1" 'the content differs'
    elif [[ $trace != *$'\n.' || $trace == *$'\n\n'* ]] || grep -Evq '^(Return-Path|X-Original-To|Delivered-To|Received):|^[[:blank:]]' <<< "${trace%$'\n.'}"; then
        failed "$1" "more than trace headers on top: $trace"
    elif [[ $trace != *"Return-Path: <sender@sender.test>"* || $trace != *"X-Original-To: $2"* || $(grep -c '^Received:' <<< "$trace") != 1 ]]; then
        failed "$1" "not from sender@sender.test to $2, received once: $trace"
    elif [[ $3 == encrypted && $trace != *'(using TLSv1.'* || $3 == clear && $trace == *'using TLS'* ]]; then
        failed "$1" "not $3: $trace"
    else
        ok "$1"
    fi
}

# nothing WHAT RECIPIENT [COUNT]: no message in the mailbox, or no more than there were.
nothing() {
    local count
    count=$(messages "$2" | wc -l)
    if ((count == ${3:-0})); then ok "$1"; else failed "$1" "$count messages in the mailbox"; fi
}

# once WHAT: the mailboxes of the Postfix that postfix_inbox has started hold one message for each that was delivered, and no other.
once() {
    within 60 kept_all
    local told come
    told=$(jq -r 'select(.outcome == "Delivered") | .recipient' /srv/outcomes | sort) come=$(recipients_kept | sort)
    if [[ -n $told && $told == "$come" ]]; then ok "$1"; else failed "$1" "$(diff <(echo "$told") <(echo "$come") | grep '^[<>]' | tr '\n' ' ')"; fi
}

# Whether Postfix is done: it has nothing under way, and has stored as much as it took.
kept_all() {
    [[ -z $(find /srv/postfix/queue/{maildrop,incoming,active,deferred} -type f -print -quit) ]] &&
        (($(recipients_kept | wc -l) >= $(jq -c 'select(.outcome == "Delivered")' /srv/outcomes | wc -l)))
}

recipients_kept() { grep -hrm1 '^X-Original-To: ' /srv/mail/*/new | cut -d ' ' -f 2; }

# How Postfix sums up each session in which it was greeted. Bare connections, such as those that wait for it, are left out.
sessions() { grep -E "postfix/$1/smtpd.*: disconnect from .* (ehlo|helo)=" /srv/log/mail.log; }

# Whether the log has the end of every session that it has the beginning of.
settled() {
    local began ended
    began=$(grep -Ec "postfix/$1/smtpd.*: connect from " /srv/log/mail.log)
    ended=$(grep -Ec "postfix/$1/smtpd.*: disconnect from " /srv/log/mail.log)
    ((began == ended)) && [[ -n $(sessions "$1") ]]
}

# refused WHAT MX-HOST SIGN: there were sessions, each showing the sign, and none came to MAIL.
refused() {
    local seen
    within 60 settled "$2" || { failed "$1" 'no session in the log, or one without an end'; return; }
    seen=$(sessions "$2")
    if grep -Eq ' (mail|rcpt|data|bdat)=' <<< "$seen" || grep -Fvq -- "$3" <<< "$seen"; then
        failed "$1" "${seen//$'\n'/ | }"
    else
        ok "$1"
    fi
}

# check_with WORD OPTION...: the program checks; its lines are counted.
check_with() {
    dotnet "$PROGRAM" "$@" 2> /srv/log/program | tee -a /srv/checks
    local code=${PIPESTATUS[0]}
    ((failures += code))
}

# program NAME WORD OPTION...: the program as a server of its own.
program() {
    dotnet "$PROGRAM" "${@:2}" > "/srv/log/$1.out" 2>&1 < /dev/null &
    processes[$1]=$!
}
