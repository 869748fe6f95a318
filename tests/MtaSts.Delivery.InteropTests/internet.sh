# The small internet: its addresses, certificates, policies, mailboxes and servers, all below /srv.

# within SECONDS COMMAND...: waits until the command succeeds, and no longer than that.
within() {
    local deadline=$((SECONDS + $1))
    until "${@:2}"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

fatal() { failed "$1" "${2:-}"; exit 1; }

start_internet() {
    ip link set lo up || fatal 'network: the namespace has no loopback'
    local last
    for last in 10 11 12 13 14 15 20 53; do
        ip address add "192.0.2.$last/32" dev lo || fatal "network: 192.0.2.$last cannot be added"
    done
    cp -r "$here"/servers/. /srv
    make_certificates > /srv/log/openssl 2>&1 || fatal 'certificates: openssl cannot make them'
    rm /srv/log/openssl
    for domain in enforced wrongname stripped; do policy "$domain.test" enforce; done
    policy testing.test testing
    mkdir -p /srv/nginx /srv/postfix/{queue,data} /srv/mail
    chown postfix /srv/postfix/data
    chown nobody /srv/mail

    start unbound 192.0.2.53:53 unbound -d -p -c /srv/unbound.conf
    start nginx 192.0.2.20:443 nginx -c /srv/nginx.conf -e /srv/log/nginx
    start postfix 192.0.2.15:25 postfix -c /srv/postfix start-fg
    local address
    for address in 192.0.2.{10,11,12,13,14}:25; do
        within 20 answers "$address" || fatal "postfix: nothing answers at $address"
    done
    prove_certificates
}

declare -A processes

# start NAME ADDRESS:PORT COMMAND...: starts a server and waits until it answers.
start() {
    "${@:3}" > "/srv/log/$1.out" 2>&1 < /dev/null &
    processes[$1]=$!
    within 20 answers_or_gone "$1" "$2" && answers "$2" || fatal "$1: nothing answers at $2"
}

answers() { (exec 3<> "/dev/tcp/${1/://}") 2> /dev/null; }

answers_or_gone() { answers "$2" || ! kill -0 "${processes[$1]}" 2> /dev/null; }

stop() {
    kill "${processes[$1]}"
    wait "${processes[$1]}"
}

take_over_dns() {
    stop unbound
    mv /srv/taken-over.zone /srv/test.zone
    start unbound 192.0.2.53:53 unbound -d -p -c /srv/unbound.conf
}

policy() {
    local directory=/srv/policies/mta-sts.$1/.well-known
    mkdir -p "$directory"
    printf 'version: STSv1\r\nmode: %s\r\nmx: mx.%s\r\nmax_age: 604800\r\n' "$2" "$1" > "$directory/mta-sts.txt"
}

# A root, an issuer below it, and a chain with its key per name: the leaf, the issuer, never the root.
make_certificates() {
    local name
    mkdir -p /srv/ca /srv/certificates
    certificate root 'Interop Root' -extensions root &&
        certificate issuer 'Interop Issuer' -extensions issuer -CA /srv/ca/root.pem -CAkey /srv/ca/root.key || return
    for name in mx.enforced.test elsewhere.test mta-sts.{enforced,wrongname,stripped,testing}.test; do
        certificate "$name" "$name" -addext "subjectAltName = DNS:$name" -CA /srv/ca/issuer.pem -CAkey /srv/ca/issuer.key &&
            cat /srv/ca/{"$name".key,"$name".pem,issuer.pem} > "/srv/certificates/$name.pem" || return
    done
}

# certificate FILE COMMON-NAME OPTION...
certificate() {
    openssl req -x509 -config /srv/openssl.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 \
        -subj "/CN=$2" -keyout "/srv/ca/$1.key" -out "/srv/ca/$1.pem" "${@:3}"
}

# OpenSSL's own word that the servers are what the cases take them for: a case must fail for its own reason only.
prove_certificates() {
    verifies 192.0.2.10:25 mx.enforced.test -starttls smtp || fatal 'mx.enforced.test: no verified TLS'
    verifies 192.0.2.14:25 elsewhere.test -starttls smtp || fatal 'mx.testing.test: no verified TLS under the other name'
    ! verifies 192.0.2.14:25 mx.testing.test -starttls smtp || fatal 'mx.testing.test: the certificate names it after all'
    local domain
    for domain in enforced wrongname stripped testing; do
        verifies 192.0.2.20:443 "mta-sts.$domain.test" || fatal "mta-sts.$domain.test: no verified TLS"
    done
    rm /srv/log/s_client
}

verifies() {
    openssl s_client -connect "$1" -servername "$2" -verify_hostname "$2" -verify_return_error \
        -CAfile /srv/ca/root.pem "${@:3}" < /dev/null > /srv/log/s_client 2>&1
}
