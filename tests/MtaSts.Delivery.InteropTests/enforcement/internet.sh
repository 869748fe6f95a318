# The small internet of this part: its addresses, certificates, policies, mailboxes and servers.

start_internet() {
    addresses 192.0.2 10 11 12 13 14 15 20 53
    cp -r "$part"/{nginx.conf,unbound.conf,test.zone,taken-over.zone,postfix} /srv
    authority || fatal 'certificates: openssl cannot make them'
    local name address
    for name in mx.enforced.test elsewhere.test mta-sts.{enforced,wrongname,stripped,testing}.test; do
        issue "$name" "$name" || fatal "certificates: openssl cannot make the one for $name"
    done
    rm /srv/log/openssl
    for domain in enforced wrongname stripped; do policy "$domain.test" enforce "mx.$domain.test"; done
    policy testing.test testing mx.testing.test
    mkdir -p /srv/nginx /srv/postfix/{queue,data} /srv/mail
    chown postfix /srv/postfix/data
    chown nobody /srv/mail

    resolver unbound 192.0.2.53:53
    start nginx 192.0.2.20:443 nginx -c /srv/nginx.conf -e /srv/log/nginx
    start postfix 192.0.2.15:25 postfix -c /srv/postfix start-fg
    for address in 192.0.2.{10,11,12,13,14}:25; do
        within 60 answers "$address" || fatal "postfix: nothing answers at $address"
    done
    prove_certificates
}

take_over_dns() {
    stop unbound
    mv /srv/taken-over.zone /srv/test.zone
    resolver unbound 192.0.2.53:53
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
