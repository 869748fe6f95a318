# Postfix: an smtpd for each setting, all delivering into /srv/mail/DOMAIN.
mkdir -p /srv/postfix/{queue,data}
chown postfix /srv/postfix/data
sed -nE 's,^(postfix-[^ ]+).*,/@\1\\.test$/ \1.test/,p' /srv/servers > /srv/postfix/mailboxes
{
    while read -r name address tls _; do
        [[ $name == postfix-* ]] || continue
        printf '%s:25 inet n - n - 20 smtpd\n    -o syslog_name=postfix/%s\n' "$address" "$name"
        [[ $name == *-sni ]] || printf '    -o smtpd_tls_chain_files=/srv/certificates/mx.%s.test.pem\n' "$name"
        case $name in
            *-required) echo '    -o smtpd_tls_security_level=encrypt' ;;
            *-off) echo '    -o smtpd_tls_security_level=none' ;;
            *-no-chunking) echo '    -o smtpd_discard_ehlo_keywords=chunking,silent-discard' ;;
            *-no-pipelining) echo '    -o smtpd_discard_ehlo_keywords=pipelining,silent-discard' ;;
            *-no-8bitmime) echo '    -o smtpd_discard_ehlo_keywords=8bitmime,smtputf8,chunking,silent-discard' ;;
            *-no-smtputf8) echo '    -o smtputf8_enable=no' ;;
            *-small) echo '    -o message_size_limit=100000' ;;
            *-recipients) echo '    -o smtpd_recipient_limit=10' ;;
            *-overshoot) echo '    -o smtpd_recipient_limit=10 -o smtpd_recipient_overshoot_limit=2 -o smtpd_hard_error_limit=3' ;;
            # One certificate for whoever names nobody in the handshake or somebody else, another for its MX host.
            *-sni) echo "    -o smtpd_tls_chain_files=/srv/certificates/elsewhere.pem
    -o { tls_server_sni_maps = inline:{ mx.$name.test=/srv/certificates/mx.$name.test.pem } }" ;;
            *-greylisting) echo '    -o { smtpd_recipient_restrictions = permit_auth_destination, reject }
    -o { smtpd_relay_restrictions = check_policy_service inet:192.0.2.19:10023 }' ;;
        esac
    done < /srv/servers
    sed -n '/^pickup /,$p' "$here/enforcement/postfix/master.cf"
} > /srv/postfix/master.cf
sed -E '/^(inet_interfaces|virtual_mailbox_domains) =/d; /^virtual_mailbox_maps/,/\} \}$/d' "$here/enforcement/postfix/main.cf" > /srv/postfix/main.cf
cat >> /srv/postfix/main.cf <<'CF'
inet_interfaces = all
virtual_mailbox_domains = regexp:{ {/^postfix-/ yes} }
virtual_mailbox_maps = regexp:/srv/postfix/mailboxes
message_size_limit = 50000000
virtual_mailbox_limit = 0
# What it would take out of a message: Return-Path, Bcc and Content-Length of an earlier journey.
message_drop_headers =
CF
start postfix 192.0.2.10:25 postfix -c /srv/postfix start-fg
verifies 192.0.2.23:25 mx.postfix-sni.test -starttls smtp || fatal 'postfix-sni: no verified TLS'
verifies 192.0.2.23:25 elsewhere.test -starttls smtp || fatal 'postfix-sni: its certificate for other names is not that of elsewhere.test'
