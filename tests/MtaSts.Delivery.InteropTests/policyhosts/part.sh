# nginx and Apache as policy hosts, and Pebble as the certificate authority of one. The MX host's certificate names another host, so a
# message that is deferred shows that the policy counted, and one that is delivered that it did not.
addresses 192.0.2 10 20 21 30 53
cp "$here/enforcement/unbound.conf" /srv/unbound.conf
mkdir -p /srv/nginx /srv/apache
authority || fatal 'certificates: openssl cannot make them'
issue elsewhere elsewhere.test

# Certificates that are not as they should be.
odd_certificate() {
    local host=mta-sts.$1.test file=/srv/certificates/$1.pem
    case $1 in
        *-rsa | *-tls12) kind=rsa:2048 issue "$1" "$host" ;;
        *-both) kind=rsa:2048 issue "$1.rsa" "$host" && issue "$1" "$host" ;;
        *-deep)
            certificate "$1.ca" 'Interop Second Issuer' -extensions second -CA /srv/ca/second.pem -CAkey /srv/ca/second.key &&
                certificate "$1" "$host" -addext "subjectAltName = DNS:$host" -CA "/srv/ca/$1.ca.pem" -CAkey "/srv/ca/$1.ca.key" &&
                cat /srv/ca/{"$1".key,"$1".pem,"$1".ca.pem,second.pem} > "$file" ;;
        *-revoked)
            issue "$1" "$host" && openssl ca -config /srv/openssl.cnf -cert /srv/ca/issuer.pem -keyfile /srv/ca/issuer.key -revoke "/srv/ca/$1.pem" ;;
        *-expired)
            openssl req -new -config /srv/openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "/CN=$host" \
                -addext "subjectAltName = DNS:$host" -keyout "/srv/ca/$1.key" -out "/srv/ca/$1.csr" &&
                openssl ca -batch -config /srv/openssl.cnf -cert /srv/ca/issuer.pem -keyfile /srv/ca/issuer.key -extensions server \
                    -startdate 20240101000000Z -enddate 20240201000000Z -in "/srv/ca/$1.csr" -out "/srv/ca/$1.pem" -notext &&
                cat /srv/ca/{"$1".key,"$1".pem,issuer.pem} > "$file" ;;
        *-short) issue "$1" "$host" && cat /srv/ca/{"$1".key,"$1".pem} > "$file" ;;
        *-selfsigned) certificate "$1" "$host" -addext "subjectAltName = DNS:$host" && cat /srv/ca/{"$1".key,"$1".pem} > "$file" ;;
        *) issue "$1" "$host" ;;
    esac
} >> /srv/log/openssl 2>&1
touch /srv/ca/index
certificate second 'Interop First Issuer' -extensions first -CA /srv/ca/root.pem -CAkey /srv/ca/root.key >> /srv/log/openssl 2>&1 || fatal 'certificates: no first issuer'

# The zone, the policies, and a server block in nginx or Apache for each case.
. "$part/servers.sh"
names=()
while read -r name server verdict what; do
    [[ $name && $name != '#'* ]] || continue
    names+=("$name")
    policy "$name.test" enforce "mx.$name.test"
    odd_certificate "$name" || fatal "certificates: openssl cannot make the one for $name"
    [[ $server == nginx ]] && address=192.0.2.20 || address=192.0.2.21
    echo "$name 0 MX 10 mx.$name
mx.$name 0 A 192.0.2.10
_mta-sts.$name 0 TXT \"v=STSv1; id=1;\"
mta-sts.$name 0 A $address"
    "${server}_host" "$name" >> "/srv/$server.hosts"
done < "$part/cases" > /srv/zone.cases
cat - /srv/zone.cases > /srv/test.zone <<'ZONE'
$ORIGIN test.
@ 0 SOA ns hostmaster 1 3600 600 86400 0
@ 0 NS ns
ns 0 A 192.0.2.53
pebble 0 A 192.0.2.30
ZONE
rm -f /etc/resolv.conf && echo 'nameserver 192.0.2.53' > /etc/resolv.conf
resolver unbound 192.0.2.53:53
nginx_server
apache_server
certificate_by_acme acme
postfix_inbox 192.0.2.10 elsewhere

# The servers' side of it, by OpenSSL and curl.
get() { curl --silent --show-error --fail --cacert /srv/ca/root.pem --max-time 5 "$@"; }
! verifies 192.0.2.20:443 mta-sts.nginx-short.test || fatal 'nginx-short: the chain is whole'
! verifies 192.0.2.20:443 mta-sts.nginx-expired.test || fatal 'nginx-expired: the certificate is good'
grep -q 'Protocol  *: TLSv1.2\|New, TLSv1.2' <(openssl s_client -connect 192.0.2.20:443 -servername mta-sts.nginx-tls12.test < /dev/null 2>&1) || fatal 'nginx-tls12: not TLS 1.2'
openssl s_client -connect 192.0.2.20:443 -servername mta-sts.nginx-http2.test -alpn h2 < /dev/null 2>&1 | grep -q 'ALPN protocol: h2' || fatal 'nginx-http2: no HTTP/2'
openssl s_client -connect 192.0.2.21:443 -servername mta-sts.apache-http2.test -alpn h2 < /dev/null 2>&1 | grep -q 'ALPN protocol: h2' || fatal 'apache-http2: no HTTP/2'
for name in nginx-chunked apache-chunked; do
    get --http1.1 -i "https://mta-sts.$name.test/.well-known/mta-sts.txt" | grep -qi '^transfer-encoding: chunked' || fatal "$name: not chunked"
done
for name in nginx-gzip apache-gzip; do
    get -i --http1.1 -H 'Accept-Encoding: gzip' "https://mta-sts.$name.test/.well-known/mta-sts.txt" | grep -aqi '^content-encoding: gzip' || fatal "$name: no gzip"
done
get -i --http1.1 "https://mta-sts.nginx-forced-gzip.test/.well-known/mta-sts.txt" | grep -aqi '^content-encoding: gzip' || fatal 'nginx-forced-gzip: no gzip'

start_program
recipients=("${names[@]/#/recipient@}")
deliver "${recipients[@]/%/.test}"

while read -r name server verdict what; do
    [[ $name && $name != '#'* ]] || continue
    case $verdict in
        enforced) says "$server, $what: the policy counts" "recipient@$name.test" '.outcome == "Deferred" and .stage == "Tls" and .mode == "enforce"' ;;
        *) says "$server, $what: no policy, and a reason" "recipient@$name.test" ".outcome == \"Delivered\" and .tls == \"unverified\" and .mode == null and (.fault | test(\"Code = ${verdict#*/} \"))" ;;
    esac
done < "$part/cases"
once 'each message that was delivered arrives once, and nothing else does'
