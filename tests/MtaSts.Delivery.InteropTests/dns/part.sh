# Unbound, validating, over Knot, which signs one zone and leaves one unsigned; then signatures that do not hold, and resolvers that fall silent.
# The MX host's certificate names another host, so a message that is deferred at the TLS stage shows that the policy counted.
addresses 192.0.2 10 20 53 54 55
authority || fatal 'certificates: openssl cannot make them'
issue elsewhere elsewhere.test
mkdir -p /srv/knot/{run,db,zones} /srv/nginx

domains=(good size600 size1400 chain wild wildsts any.wildmx idn-xn--4ca)
cases=({record,mx,address,host}.tampered.test learnt.tampered.test)
# mail NAME: a domain with an MX host and a policy host.
mail() { printf '%s MX 10 mx.%s\nmx.%s A 192.0.2.10\nmta-sts.%s A 192.0.2.20\n' "$1" "$1" "$1" "$1"; }
sts() { printf '_mta-sts.%s TXT "v=STSv1; id=1;"\n' "$1"; }
# others NAME COUNT: TXT records beside the one that counts, 100 octets each.
others() { for ((i = 0; i < $2; i++)); do printf '_mta-sts.%s TXT "other=%s %s"\n' "$1" "$i" "$(printf 'x%.0s' {1..80})"; done; }

for zone in signed plain; do
    {
        zone "$zone.test"
        mail good; sts good
        mail size600; sts size600; others size600 6
        mail size1400; sts size1400; others size1400 14
        echo 'chain MX 10 mx.chain
mx.chain CNAME one.chain
one.chain CNAME two.chain
two.chain A 192.0.2.10
_mta-sts.chain CNAME three.chain
three.chain CNAME four.chain
four.chain CNAME five.chain
five.chain TXT "v=STSv1; id=1;"
mta-sts.chain CNAME six.chain
six.chain CNAME seven.chain
seven.chain A 192.0.2.20'
        mail wild; echo '*.wild TXT "v=spf1 -all"'
        mail wildsts; echo '*.wildsts TXT "v=STSv1; id=1;"'
        echo '*.wildmx MX 10 mx.wildmx
mx.wildmx A 192.0.2.10
_mta-sts.any.wildmx TXT "v=STSv1; id=1;"
mta-sts.any.wildmx A 192.0.2.20
any.wildmx MX 10 mx.wildmx'
        mail idn-xn--4ca; sts idn-xn--4ca
        mail unheard; sts unheard
    } > "/srv/knot/zones/$zone.test.zone"
    for domain in "${domains[@]}"; do
        mx=mx.$domain.$zone.test
        [[ $domain == any.wildmx ]] && mx=mx.wildmx.$zone.test
        policy "$domain.$zone.test" enforce "$mx"
        hosts+=("mta-sts.$domain.$zone.test")
    done
done
{ zone tampered.test; for domain in record mx address host learnt; do mail $domain; sts $domain; done; } > /srv/knot/zones/tampered.test.zone
for domain in "${cases[@]}" unheard.plain.test; do policy "$domain" enforce "mx.$domain"; hosts+=("mta-sts.$domain"); done
issue policies "${hosts[@]}" || fatal 'certificates: openssl cannot make the one of the policy host'

sign_zones
start knot 192.0.2.54:53 knotd -c /srv/knot.conf
for last in 53 55; do
    validator $last
done
cp "$here/mx/nginx.conf" /srv/nginx.conf
start nginx 192.0.2.20:443 nginx -c /srv/nginx.conf -e /srv/log/nginx
postfix_inbox 192.0.2.10 elsewhere

counts='.outcome == "Deferred" and .stage == "Tls" and .mode == "enforce"'
# Two seconds for a question, so that a dead resolver costs the run seconds and not minutes.
program_options=(--query-timeout 2)
start_program 192.0.2.53
for zone in signed plain; do
    recipients=("${domains[@]/#/recipient@}")
    deliver "${recipients[@]/%/.$zone.test}"
    says "$zone zone: the policy counts" "recipient@good.$zone.test" "$counts"
    says "$zone zone, TXT answer over 512 octets: the policy counts" "recipient@size600.$zone.test" "$counts"
    says "$zone zone, TXT answer over 1232 octets, thus over TCP: the policy counts" "recipient@size1400.$zone.test" "$counts"
    says "$zone zone, CNAME chains before record, policy host and MX host: the policy counts" "recipient@chain.$zone.test" "$counts"
    says "$zone zone, a wildcard TXT that is no policy record: no policy, no fault" "recipient@wild.$zone.test" '.outcome == "Delivered" and .mode == null and .fault == null'
    says "$zone zone, a wildcard TXT that is one: the policy counts" "recipient@wildsts.$zone.test" "$counts"
    says "$zone zone, MX records by wildcard: the policy counts" "recipient@any.wildmx.$zone.test" "$counts"
    says "$zone zone, a label with a dash and xn: the policy counts" "recipient@idn-xn--4ca.$zone.test" "$counts"
done

# The policy of learnt.tampered.test is learnt while all is in order. Then records are changed, and their signatures are not.
deliver recipient@learnt.tampered.test
says 'signatures in order: the policy counts' recipient@learnt.tampered.test "$counts"
stop knot
sed -i -E '/RRSIG/!{
    s/^(_mta-sts\.(record|learnt)\..*TXT.*)id=1;/\1id=2;/
    s/^(mx\.tampered\.test\..*MX.*10 ).*/\1mx.attacker.test./
    s/^((mx\.address|mta-sts\.host)\.tampered.*[[:space:]]A[[:space:]]+).*/\1192.0.2.66/
}' /srv/knot/zones/tampered.test.zone
start knot 192.0.2.54:53 knotd -c /srv/knot.conf
deliver "${cases[@]/#/recipient@}"
says 'broken signature of the policy record, none cached: as without policy, and a reason' recipient@record.tampered.test '.outcome == "Delivered" and .mode == null and (.fault | test("Kind = RecordUnavailable"))'
says 'broken signature of the policy record, policy cached: it still defers' recipient@learnt.tampered.test "$counts"
says 'broken signature of the MX record: deferred' recipient@mx.tampered.test '.outcome == "Deferred" and .stage == "Routing" and .status == "4.4.3"'
says "broken signature of the MX host's address: deferred" recipient@address.tampered.test '.outcome == "Deferred" and .stage == "Routing" and .status == "4.4.3"'
says "broken signature of the policy host's address: no policy, and a reason" recipient@host.tampered.test '.outcome == "Delivered" and .mode == null and .fault != null'

# A resolver that drops whoever asks for a policy record, and answers all else: what an attacker would have it do.
stop unbound53
printf 'server:\n    local-zone: "_mta-sts.good.signed.test." deny\n    local-zone: "_mta-sts.unheard.plain.test." deny\n' >> /srv/unbound53.conf
resolver unbound53 192.0.2.53:53
deliver recipient@good.signed.test recipient@unheard.plain.test
says 'no answer about the policy record, policy cached: it still defers' recipient@good.signed.test "$counts"
says 'no answer about the policy record, none cached: as without policy, and a reason' recipient@unheard.plain.test '.outcome == "Delivered" and .mode == null and (.fault | test("Kind = RecordUnavailable"))'

# A resolver that falls silent for a second and a half, and one that dies.
kill -STOP "${processes[unbound53]}"
echo recipient@wild.plain.test recipient@good.plain.test >&4
expected=$((expected + 2))
sleep 1.5
kill -CONT "${processes[unbound53]}"
within 60 delivered
says 'a resolver that is silent for a second and a half: the mail is delivered' recipient@wild.plain.test '.outcome == "Delivered"'
says 'a resolver that is silent for a second and a half: the policy still counts' recipient@good.plain.test "$counts"
kill -KILL "${processes[unbound53]}"
wait "${processes[unbound53]}" 2> /dev/null
deliver recipient@wild.signed.test
says 'a resolver that is dead: deferred' recipient@wild.signed.test '.outcome == "Deferred" and .stage == "Routing" and .status == "4.4.3"'
end_program

# A second resolver beside the dead one.
start_program 192.0.2.53 192.0.2.55
deliver recipient@wild.signed.test recipient@good.signed.test
says 'a dead resolver and a living one: the mail is delivered' recipient@wild.signed.test '.outcome == "Delivered"'
says 'a dead resolver and a living one: the policy counts' recipient@good.signed.test "$counts"
once 'each message that was delivered arrives once, and nothing else does'
