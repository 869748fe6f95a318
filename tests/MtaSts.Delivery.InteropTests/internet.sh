# What every part's small internet is made of: a namespace, addresses, certificates, servers. All of it is below /srv.

# within SECONDS COMMAND...: waits until the command succeeds, and no longer than that.
within() {
    local deadline=$((SECONDS + $1))
    until "${@:2}"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.05
    done
}

fatal() { failed "$1" "${2:-}"; exit 1; }

# Scratch becomes /srv; the unpacked packages lie over /usr; and what is written to /etc, /var and /run is gone with the namespace.
enter_namespace() {
    ip link set lo up || fatal 'network: the namespace has no loopback'
    mount --bind "$SCRATCH" /srv || fatal 'mount: the scratch directory cannot be put in place'
    # It may lie where something else is laid over it now, as TMPDIR may.
    SCRATCH=/srv TMPDIR=/tmp
    mkdir -p /srv/layers && mount -t tmpfs layers /srv/layers && mkdir -p /srv/layers/{etc,var}/{upper,work} &&
        mount -t overlay usr -o "lowerdir=$TREE/usr:/usr" /usr &&
        mount -t overlay etc -o "lowerdir=/etc,upperdir=/srv/layers/etc/upper,workdir=/srv/layers/etc/work" /etc &&
        mount -t overlay var -o "lowerdir=/var,upperdir=/srv/layers/var/upper,workdir=/srv/layers/var/work" /var &&
        mount -t tmpfs run /run || fatal 'mount: the packages cannot be laid over the machine'
    # Some servers ask for the machine's own name before they answer, and wait for a dot in it.
    echo interop.test > /proc/sys/kernel/hostname
    printf '127.0.0.1 localhost\n127.0.0.1 interop.test\n' > /etc/hosts
}

# addresses NETWORK LAST...: addresses of the small internet.
addresses() {
    local last
    for last in "${@:2}"; do
        ip address add "$1.$last/32" dev lo || fatal "network: $1.$last cannot be added"
    done
}

# account NAME...: the users that the unpacked servers change to.
accounts=900
account() {
    local name number
    for name; do
        number=$((++accounts))
        getent passwd "$name" > /dev/null && continue
        echo "$name:x:$number:$number::/nonexistent:/usr/sbin/nologin" >> /etc/passwd
        getent group "$name" > /dev/null || echo "$name:x:$number:" >> /etc/group
    done
}

declare -A processes

# start NAME ADDRESS:PORT COMMAND...: starts a server and waits until it answers.
start() {
    "${@:3}" > "/srv/log/$1.out" 2>&1 < /dev/null &
    processes[$1]=$!
    within 60 answers_or_gone "$1" "$2" && answers "$2" || fatal "$1: nothing answers at $2"
}

answers() { (exec 3<> "/dev/tcp/${1/://}") 2> /dev/null; }

answers_or_gone() { answers "$2" || ! kill -0 "${processes[$1]}" 2> /dev/null; }

stop() {
    kill "${processes[$1]}"
    wait "${processes[$1]}"
}

# resolver NAME ADDRESS:PORT: an Unbound by /srv/NAME.conf.
resolver() {
    start "$1" "$2" unbound -d -p -c "/srv/$1.conf"
}

# zone NAME: the beginning of a zone whose server is Knot at 192.0.2.54.
zone() {
    cat <<ZONE
\$ORIGIN $1.
\$TTL 0
@ SOA ns hostmaster 1 3600 600 86400 0
@ NS ns
ns A 192.0.2.54
ZONE
}

# knot_configuration on|off: Knot with plain.test, signed.test, and tampered.test, which it signs or takes as it is.
knot_configuration() {
    cat <<CF
server:
    rundir: /srv/knot/run
    listen: 192.0.2.54@53
    user: root:root
log:
  - target: /srv/log/knot
    any: info
database:
    storage: /srv/knot/db
policy:
  - id: one
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: /srv/knot/zones
    file: %s.zone
    zonefile-sync: 0
zone:
  - domain: plain.test
  - domain: signed.test
    dnssec-signing: on
    dnssec-policy: one
  - domain: tampered.test
    dnssec-signing: $1
    dnssec-policy: one
CF
}

# Starts Knot once so that it signs. It writes tampered.test with its signatures back into the file; from then on what is changed there stays changed, signed or not.
sign_zones() {
    knot_configuration on > /srv/knot.conf
    start knot 192.0.2.54:53 knotd -c /srv/knot.conf
    within 60 is_signed tampered.test && within 60 is_signed signed.test || fatal 'knot: the zones are not signed'
    { keymgr -c /srv/knot.conf signed.test ds && keymgr -c /srv/knot.conf tampered.test ds; } > /srv/anchors 2> /srv/log/keymgr || fatal 'knot: no DS records'
    stop knot
    knot_configuration off > /srv/knot.conf
}

is_signed() { grep -q RRSIG "/srv/knot/zones/$1.zone"; }

# validator LAST: an Unbound at 192.0.2.LAST that asks Knot and validates.
validator() {
    cat > /srv/unbound$1.conf <<CF
server:
    directory: "/srv"
    chroot: ""
    username: ""
    pidfile: ""
    interface: 192.0.2.$1
    outgoing-interface: 192.0.2.$1
    access-control: 192.0.2.0/24 allow
    do-ip6: no
    num-threads: 1
    incoming-num-tcp: 100
    module-config: "validator iterator"
    trust-anchor-file: "/srv/anchors"
    val-bogus-ttl: 0
    infra-host-ttl: 0
    local-zone: "test." nodefault
    use-syslog: no
    logfile: "/srv/log/unbound$1"
    val-log-level: 2
remote-control:
    control-enable: no
CF
    for zone in signed plain tampered; do
        printf 'stub-zone:\n    name: "%s.test"\n    stub-addr: 192.0.2.54\n' "$zone" >> /srv/unbound$1.conf
    done
    resolver unbound$1 192.0.2.$1:53
}

# policy DOMAIN MODE MX...
policy() {
    local directory=/srv/policies/mta-sts.$1/.well-known
    mkdir -p "$directory"
    {
        printf 'version: STSv1\r\nmode: %s\r\n' "$2"
        printf 'mx: %s\r\n' "${@:3}"
        printf 'max_age: 604800\r\n'
    } > "$directory/mta-sts.txt"
}

# authority: a root, and an issuer below it.
authority() {
    mkdir -p /srv/ca /srv/certificates
    cp "$here/openssl.cnf" /srv/openssl.cnf
    certificate root 'Interop Root' -extensions root &&
        certificate issuer 'Interop Issuer' -extensions issuer -CA /srv/ca/root.pem -CAkey /srv/ca/root.key
} > /srv/log/openssl 2>&1

# issue FILE NAME...: a chain with its key: the leaf, the issuer, never the root.
issue() {
    local names
    printf -v names ', DNS:%s' "${@:2}"
    certificate "$1" "${2:0:64}" -addext "subjectAltName = ${names:2}" -CA /srv/ca/issuer.pem -CAkey /srv/ca/issuer.key &&
        cat /srv/ca/{"$1".key,"$1".pem,issuer.pem} > "/srv/certificates/$1.pem"
} > /srv/log/openssl 2>&1

# certificate FILE COMMON-NAME OPTION...: with a key of the kind that $kind says, otherwise P-256.
certificate() {
    # shellcheck disable=SC2086
    openssl req -x509 -config /srv/openssl.cnf -newkey ${kind:-ec -pkeyopt ec_paramgen_curve:P-256} -noenc -days 2 \
        -subj "/CN=$2" -keyout "/srv/ca/$1.key" -out "/srv/ca/$1.pem" "${@:3}"
}

# verifies ADDRESS:PORT NAME OPTION...: OpenSSL's own word for what a server shows.
verifies() {
    openssl s_client -connect "$1" -servername "$2" -verify_hostname "$2" -verify_return_error \
        -CAfile /srv/ca/root.pem "${@:3}" < /dev/null > /srv/log/s_client 2>&1
}

# postfix_inbox ADDRESSES CERTIFICATE: one Postfix that takes mail for whatever domain, and keeps it in /srv/mail/all.
postfix_inbox() {
    mkdir -p /srv/postfix/{queue,data} /srv/mail
    chown postfix /srv/postfix/data
    chown nobody /srv/mail
    sed -E '/^(inet_interfaces|virtual_mailbox_domains) =/d; /^virtual_mailbox_maps/,/\} \}$/d' "$here/enforcement/postfix/main.cf" > /srv/postfix/main.cf
    cat >> /srv/postfix/main.cf <<CF
inet_interfaces = ${1// /, }
virtual_mailbox_domains = regexp:{ {/./ yes} }
virtual_mailbox_maps = regexp:{ {/./ all/} }
smtpd_tls_chain_files = /srv/certificates/$2.pem
CF
    {
        printf '%s:25 inet n - n - 50 smtpd\n' $1
        sed -n '/^pickup /,$p' "$here/enforcement/postfix/master.cf"
    } > /srv/postfix/master.cf
    start postfix "${1##* }:25" postfix -c /srv/postfix start-fg
}
