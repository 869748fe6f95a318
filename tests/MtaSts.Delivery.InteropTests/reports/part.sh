# TLS reports, mailed to a Postfix whose OpenDKIM verifies them.
addresses 192.0.2 10 20 53
authority || fatal 'certificates: openssl cannot make them'
issue mx mx.good.test mx.reports.test
policy good.test enforce mx.good.test
policy bad.test enforce mx.bad.test
issue policies mta-sts.good.test mta-sts.bad.test
mkdir -p /srv/keys /srv/nginx /run/opendkim
for selector in tlsrpt1 both1; do
    openssl genrsa -out "/srv/keys/$selector.pem" 2048 2> /dev/null
    key=$(openssl pkey -in "/srv/keys/$selector.pem" -pubout -outform der | base64 -w 0)
    # RFC 8460 §3 names the service tlsrpt; a verifier that does not know it takes a key only when it is for mail, too.
    [[ $selector == tlsrpt1 ]] && service=' s=tlsrpt;' || service=' s=email:tlsrpt;'
    echo "$selector._domainkey.sender 0 TXT \"v=DKIM1; k=rsa;$service p=${key:0:180}\" \"${key:180}\""
done > /srv/zone.keys
cat - /srv/zone.keys > /srv/test.zone <<'ZONE'
$ORIGIN test.
$TTL 0
@ SOA ns hostmaster 1 3600 600 86400 0
@ NS ns
ns A 192.0.2.53
good MX 10 mx.good
mx.good A 192.0.2.10
_mta-sts.good TXT "v=STSv1; id=1;"
mta-sts.good A 192.0.2.20
_smtp._tls.good TXT "v=TLSRPTv1; rua=mailto:tls@reports.test"
; Its MX host has a certificate for others.
bad MX 10 mx.bad
mx.bad A 192.0.2.10
_mta-sts.bad TXT "v=STSv1; id=1;"
mta-sts.bad A 192.0.2.20
_smtp._tls.bad TXT "v=TLSRPTv1; rua=mailto:tls@reports.test"
reports MX 10 mx.reports
mx.reports A 192.0.2.10
sender MX 10 mx.reports
ZONE
cp "$here/enforcement/unbound.conf" /srv/unbound.conf
cp "$here/mx/nginx.conf" /srv/nginx.conf
rm -f /etc/resolv.conf && echo 'nameserver 192.0.2.53' > /etc/resolv.conf
resolver unbound 192.0.2.53:53
start nginx 192.0.2.20:443 nginx -c /srv/nginx.conf -e /srv/log/nginx
account opendkim
cat > /srv/opendkim.conf <<'CF'
Mode v
Socket inet:8891@127.0.0.1
PidFile /run/opendkim/pid
AuthservID mx.reports.test
AlwaysAddARHeader yes
Syslog no
LogResults yes
ResolverConfiguration /srv/opendkim.resolver
CF
# It resolves by itself, and takes .test for empty unless told otherwise.
printf 'server:\n  local-zone: "test." nodefault\n  module-config: "iterator"\nforward-zone:\n  name: "."\n  forward-addr: 192.0.2.53\n' > /srv/opendkim.resolver
start opendkim 127.0.0.1:8891 opendkim -f -x /srv/opendkim.conf
postfix_inbox 192.0.2.10 mx
postconf -c /srv/postfix -e smtpd_milters=inet:127.0.0.1:8891 milter_default_action=tempfail
postfix -c /srv/postfix reload 2> /srv/log/reload

check_with reports --dns 192.0.2.53 --trust /srv/ca/root.pem --mail /srv/mail/all --keys /srv/keys
grep -hi -A 3 '^Authentication-Results' /srv/mail/all/new/* > /srv/log/authentication
