# TLSA records in zones that Knot signs and Unbound validates, and a Postfix that shows one certificate for all hosts. Each verdict on a host is compared with
# that of Postfix's own client (posttls-finger), which asks the same resolver.
addresses 192.0.2 10 11 53 54
authority || fatal 'certificates: openssl cannot make them'
issue shown elsewhere.test mx.anchor.signed.test named.signed.test || fatal 'certificates: openssl cannot make the one that is shown'
mkdir -p /srv/knot/{run,db,zones}

# digest FILE SELECTOR: SHA-256 over a certificate (0) or its key (1).
digest() {
    if (($2 == 0)); then openssl x509 -in "$1" -outform DER; else openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER; fi | sha256sum | cut -d' ' -f1
}
leaf=/srv/ca/shown.pem issuer=/srv/ca/issuer.pem
wrong=$(printf '00%.0s' {1..32})

# mail NAME RECORD…: a domain, its MX host at 192.0.2.10 and what stands in its TLSA records.
mail() {
    local record
    printf '%s MX 10 mx.%s\nmx.%s A 192.0.2.%s\n' "$1" "$1" "$1" "${address:-10}"
    for record in "${@:2}"; do printf '_25._tcp.mx.%s TLSA %s\n' "$1" "$record"; done
}
for zone in signed plain tampered; do zone $zone.test > "/srv/knot/zones/$zone.test.zone"; done
{
    mail key "3 1 1 $(digest $leaf 1)"
    mail certificate "3 0 1 $(digest $leaf 0)"
    mail other "3 1 1 $wrong"
    mail rollover "3 1 1 $wrong" "3 1 1 $(digest $leaf 1)"
    mail anchor "2 0 1 $(digest $issuer 0)"
    mail stranger "2 0 1 $(digest $issuer 0)"
    mail named "2 1 1 $(digest $issuer 1)"
    mail unusable "1 1 1 $(digest $leaf 1)"
    mail none
    address=11 mail stripped "3 1 1 $(digest $leaf 1)"
    printf 'alias MX 10 mx.alias\nmx.alias CNAME mx.key\n'
    printf 'two MX 10 mx.other\ntwo MX 20 mx.key\n'
} >> /srv/knot/zones/signed.test.zone
mail other "3 1 1 $wrong" >> /srv/knot/zones/plain.test.zone
mail forged "3 1 1 $(digest $leaf 1)" >> /srv/knot/zones/tampered.test.zone

sign_zones
# The record is changed, its signature is not.
sed -i -E "/RRSIG/!s/^(_25\._tcp\.mx\.forged\..*TLSA[[:space:]]+)3 1 1 .*/\13 1 1 $wrong/" /srv/knot/zones/tampered.test.zone
start knot 192.0.2.54:53 knotd -c /srv/knot.conf
validator 53
echo 'nameserver 192.0.2.53' > /etc/resolv.conf
postfix_inbox '192.0.2.10 192.0.2.11' shown
sed -i 's/^192\.0\.2\.11:25 .*/&\n    -o smtpd_tls_security_level=none/' /srv/postfix/master.cf
postfix -c /srv/postfix reload > /srv/log/reload 2>&1

program_options=(--dane)
start_program
names=({key,certificate,other,rollover,anchor,stranger,named,unusable,none,stripped,alias,two}.signed.test other.plain.test forged.tampered.test)
deliver "${names[@]/#/recipient@}"
authenticated='.outcome == "Delivered" and .tls == "verified" and (.reason | test("TLSA"))'
refused='.outcome == "Deferred" and .stage == "Tls" and (.inDoubt | not)'
says 'usage 3, the key, whatever the name: delivered, authenticated' recipient@key.signed.test "$authenticated"
says 'usage 3, the certificate: delivered, authenticated' recipient@certificate.signed.test "$authenticated"
says 'usage 3, another key: deferred' recipient@other.signed.test "$refused"
says 'usage 3, two records, of which one matches: delivered, authenticated' recipient@rollover.signed.test "$authenticated"
says "usage 2, the issuer, and the host's name: delivered, authenticated" recipient@anchor.signed.test "$authenticated"
says 'usage 2, the issuer, and no name of theirs: deferred' recipient@stranger.signed.test "$refused"
says "usage 2, the issuer's key, and the name of the recipients' domain: delivered, authenticated" recipient@named.signed.test "$authenticated"
says 'usage 1 alone: delivered, encrypted' recipient@unusable.signed.test '.outcome == "Delivered" and .tls == "unverified"'
says 'no records: delivered, as without DANE' recipient@none.signed.test '.outcome == "Delivered" and .tls == "unverified"'
says 'records, and STARTTLS is not offered: deferred, never in clear' recipient@stripped.signed.test "$refused"
says 'the MX host is an alias: the records of its name count' recipient@alias.signed.test "$authenticated"
says 'the first host shows another key: delivered to the second' recipient@two.signed.test "$authenticated"
says 'records that nobody has signed do not count: delivered' recipient@other.plain.test '.outcome == "Delivered" and .tls == "unverified"'
says 'records whose signature is broken: deferred' recipient@forged.tampered.test '.outcome == "Deferred" and (.inDoubt | not)'
once 'each message that was delivered arrives once, and nothing else does'
end_program

# finger NAME WORD: what Postfix makes of the same host.
finger() {
    MAIL_CONFIG=/srv/postfix posttls-finger -o inet_protocols=ipv4 -o smtp_dns_support_level=dnssec -o "smtp_tls_CAfile=" -T 20 -t 20 -l dane -L summary "$1" > "/srv/log/finger.$1" 2>&1
    if grep -q "$2" "/srv/log/finger.$1"; then ok "$1: Postfix says so, too ($2)"; else failed "$1: Postfix says so, too ($2)" "$(tail -n 3 "/srv/log/finger.$1" | tr '\n' '|')"; fi
}
for name in {key,certificate,rollover,anchor,named,alias}.signed.test; do finger "$name" 'Verified TLS connection'; done
for name in {other,stranger}.signed.test; do finger "$name" 'Untrusted TLS connection'; done
