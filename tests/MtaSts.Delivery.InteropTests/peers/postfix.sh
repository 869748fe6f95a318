# Postfix as a sender, with postfix-mta-sts-resolver as its policy map.
postfix_sender() {
    ip address add "$1/32" dev lo
    mkdir -p /srv/postfix/{queue,data}
    chown postfix /srv/postfix/data
    cat > /srv/postfix/main.cf <<CF
compatibility_level = 3.6
queue_directory = /srv/postfix/queue
data_directory = /srv/postfix/data
maillog_file_prefixes = /srv
maillog_file = /srv/log/mail.log
myhostname = sender.example
mydestination =
inet_interfaces = $1
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
alias_maps =
smtp_tls_security_level = may
smtp_tls_CAfile = $2
smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:postfix
smtp_tls_loglevel = 1
smtp_dns_support_level = enabled
smtp_host_lookup = dns
CF
    cp /etc/postfix/{dynamicmaps.cf,postfix-files} /srv/postfix/
    # Without chroot, so that resolver configuration and trust are those of the namespace.
    sed -E 's/^([a-z][^ ]* +(inet|unix|unix-dgram|fifo|pass) +[^ ]+ +[^ ]+ +)[^ ]+/\1n/' /usr/share/postfix/master.cf.dist > /srv/postfix/master.cf
    mta_sts_resolver "$2"
    start postfix "$1:25" postfix -c /srv/postfix start-fg
}

mta_sts_resolver() {
    cat > /srv/mta-sts.yml <<'CF'
host: 127.0.0.1
port: 8461
reuse_port: true
cache:
  type: internal
  options:
    cache_size: 10000
default_zone:
  strict_testing: false
  timeout: 4
CF
    start resolver 127.0.0.1:8461 env SSL_CERT_FILE="$1" mta-sts-daemon -c /srv/mta-sts.yml
}
