# The library on one side of a slow, lossy or cut line, Postfix, nginx and Unbound on the other: two network namespaces, and a line between them.
# Not every kernel has netem, so the line is a program of ours between two TUN interfaces: it holds and loses packets, and TCP at both ends is the kernel's.
if tc qdisc add dev lo root netem delay 1ms 2> /srv/log/netem; then
    tc qdisc del dev lo root
    echo 'note network: this kernel has netem, too; the line of ours is used all the same'
else
    grep -q 'unknown' /srv/log/netem || fatal 'netem: neither there nor unknown to the kernel' "$(cat /srv/log/netem)"
    echo 'note network: this kernel has no netem (tc says: qdisc kind is unknown); a line of ours does the same'
fi | tee -a /srv/notes
[[ -c /dev/net/tun ]] || fatal 'network: no /dev/net/tun'

authority || fatal 'certificates: openssl cannot make them'
for domain in fast second only cut; do
    issue "mx.$domain.test" "mx.$domain.test" "mx2.$domain.test" || fatal "certificates: openssl cannot make the one for $domain"
    policy "$domain.test" enforce "*.$domain.test" "mx.$domain.test" "mx2.$domain.test"
    hosts+=("mta-sts.$domain.test")
done
issue policies "${hosts[@]}"
issue mx mx.{fast,second,only,cut}.test mx2.second.test
{
    cat <<'ZONE'
$ORIGIN test.
$TTL 0
@ SOA ns hostmaster 1 3600 600 86400 0
@ NS ns
ns A 192.0.2.53
fast MX 10 mx.fast
mx.fast A 192.0.2.10
second MX 10 mx.second
second MX 20 mx2.second
; The first takes no packet at all.
mx.second A 192.0.2.11
mx2.second A 192.0.2.10
only MX 10 mx.only
mx.only A 192.0.2.11
cut MX 10 mx.cut
mx.cut A 192.0.2.12
ZONE
    for domain in fast second only cut; do printf '_mta-sts.%s TXT "v=STSv1; id=1;"\nmta-sts.%s A 192.0.2.20\n' "$domain" "$domain"; done
} > /srv/test.zone
cp "$here/enforcement/unbound.conf" /srv/unbound.conf
cp "$here/mx/nginx.conf" /srv/nginx.conf

# The servers' side has a network namespace of its own, held by a process that does nothing.
mkfifo /srv/line
dotnet "$PROGRAM" link --ends near far < /srv/line > /srv/line.out 2> /srv/log/line &
exec 5> /srv/line
said() { (($(wc -l < /srv/line.out) >= $1)); }
within 60 said 1 || fatal 'line: it does not come up' "$(tail -n 2 /srv/log/line)"
unshare --net sleep 3600 &
side=$!
there() { nsenter --net="/proc/$side/ns/net" "$@"; }
apart() { [[ $(readlink "/proc/$side/ns/net") != $(readlink /proc/self/ns/net) ]]; }
within 60 apart || fatal 'network: no second namespace'
ip link set far netns "/proc/$side/ns/net" && there ip link set lo up && there ip link set far up && ip link set near up || fatal 'network: the line has no ends'
ip address add 198.51.100.1/32 dev near && ip route add 192.0.2.0/24 dev near src 198.51.100.1 && there ip route add 198.51.100.1/32 dev far
there sysctl -qw net.ipv4.conf.all.rp_filter=0 2> /dev/null
for last in 10 11 12 20 53; do there ip address add "192.0.2.$last/32" dev lo; done
# line DELAY-MILLISECONDS LOSS-PERCENT, each way.
lines=1
line() {
    echo "$1 $2" >&5
    ((lines++))
    within 60 said "$lines" || fatal 'line: it does not answer'
}

eval "$(declare -f start | sed '1s/start/start_here/')"
start() { start_here "$1" "$2" nsenter --net="/proc/$side/ns/net" "${@:3}"; }
sed -i 's/access-control: 192.0.2.0\/24 allow/access-control: 0.0.0.0\/0 allow/' /srv/unbound.conf
resolver unbound 192.0.2.53:53
start nginx 192.0.2.20:443 nginx -c /srv/nginx.conf -e /srv/log/nginx
postfix_inbox '192.0.2.10 192.0.2.12' mx
sed -i 's/^192.0.2.12:25.*/&\n    -o syslog_name=postfix\/slow\n    -o { smtpd_end_of_data_restrictions = sleep 3, permit }/' /srv/postfix/master.cf
postconf -c /srv/postfix -e message_size_limit=50000000 virtual_mailbox_limit=0
there postfix -c /srv/postfix reload 2> /srv/log/reload

# The line does what it is asked to.
milliseconds() { local began=${EPOCHREALTIME/./}; "$@" > /dev/null 2>&1; echo $(((${EPOCHREALTIME/./} - began) / 1000)); }
line 100 0
took=$(milliseconds answers 192.0.2.10:25)
if ((took >= 200)); then ok "the line: 200 ms for a round trip ($took ms to connect)"; else failed 'the line: 200 ms for a round trip' "$took ms"; fi

there nft -f - <<'NFT' || fatal 'nft: the black hole cannot be made'
table ip faults {
    chain in {
        type filter hook input priority 0
        ip daddr 192.0.2.11 tcp dport 25 drop
    }
}
NFT

# count ADDRESS: its messages, of which Postfix says so itself.
count() { grep -lrsE "^X-Original-To: $1\$" /srv/mail/all/new | wc -l; }
came() { (($(count "$1") >= $2)); }
program_options=(--connect-timeout 3 --content-timeout 6)
start_program
deliver recipient@fast.test
says '200 ms: delivered, verified' recipient@fast.test '.outcome == "Delivered" and .tls == "verified"'

line 10 5
deliver r{1..20}@fast.test
lossy=$(jq -c 'select((.recipient | test("^r[0-9]+@fast")) and .outcome == "Delivered" and .tls == "verified")' /srv/outcomes | wc -l)
within 60 came 'r[0-9]+@fast.test' 20
messages=$(count 'r[0-9]+@fast.test')
if ((lossy == 20 && messages == 20)); then ok '5 % of packets lost: twenty recipients, each delivered once'; else failed '5 % of packets lost: twenty recipients, each delivered once' "$lossy delivered, $messages messages"; fi
line 1 0

deliver recipient@second.test recipient@only.test
says 'a black hole for the first MX host: delivered to the second, verified' recipient@second.test '.outcome == "Delivered" and .tls == "verified" and (.reason | test("mx2.second.test"))'
says 'a black hole for the only MX host: deferred, not in doubt' recipient@only.test '.outcome == "Deferred" and .stage == "Session" and .inDoubt == false'

# What comes to the MX host after the first 8 KB of a session is dropped. A small message is in the kernel's hands by then, dot and all, so nobody knows.
cut() { there nft add rule ip faults in ip daddr 192.0.2.12 tcp dport 25 quota over "$1" bytes drop; }
# Indeed the kernel goes on, and brings it there when the line is mended.
cut 8000
deliver recipient@cut.test
says 'the line is cut when all was written: deferred, and in doubt' recipient@cut.test '.outcome == "Deferred" and .inDoubt == true'
there nft flush chain ip faults in

# The content is whole at the server, which takes its time, and its answer is lost.
echo answer@cut.test >&4
((expected++))
asked() { (($(grep -c 'postfix/slow.* client=' /srv/log/mail.log) > answered)); }
answered=$(grep -c 'postfix/slow.* client=' /srv/log/mail.log)
within 60 asked
sleep 1
there nft add chain ip faults out '{ type filter hook output priority 0; }'
there nft add rule ip faults out ip saddr 192.0.2.12 tcp sport 25 drop
within 60 delivered
within 60 came answer@cut.test 1
says "the answer to the final dot is lost: deferred, and in doubt" answer@cut.test '.outcome == "Deferred" and .inDoubt == true'
messages=$(count answer@cut.test)
if ((messages == 1)); then ok 'the answer to the final dot is lost: the message is there, once'; else failed 'the answer to the final dot is lost: the message is there, once' "$messages messages"; fi
there nft flush chain ip faults out

# A large message is cut where it cannot have been written to its end.
end_program
{ printf 'From: sender@sender.test\r\nSubject: large\r\n\r\n'; yes "$(printf 'x%.0s' {1..76})"$'\r' | head -c 20000000; printf '\r\n'; } > /srv/large.eml
program_message=/srv/large.eml
start_program
cut 5000000
deliver large@cut.test
says 'the line is cut in the middle of DATA: deferred, not in doubt' large@cut.test '.outcome == "Deferred" and .inDoubt == false'
messages=$(count large@cut.test)
if ((messages == 0)); then ok 'the line is cut in the middle of DATA: nothing arrives'; else failed 'the line is cut in the middle of DATA: nothing arrives' "$messages messages"; fi
there nft flush chain ip faults in
deliver recipient@cut.test
says 'the line is mended: 20 MB are delivered' recipient@cut.test '.outcome == "Delivered" and .tls == "verified"'
end_program
program_message=$here/enforcement/message.eml
start_program
deliver recipient@second.test

# A connection that is half open: the server's side is gone without a word.
there nft add rule ip faults in ip daddr 192.0.2.10 tcp dport 25 tcp flags '!= syn' drop
deliver recipient@fast.test
says 'half-open connections: deferred, not in doubt' recipient@fast.test '.outcome == "Deferred" and .inDoubt == false'
there nft flush chain ip faults in
deliver recipient@fast.test
says 'the network is whole again: delivered' recipient@fast.test '.outcome == "Delivered" and .tls == "verified"'
