# OpenSMTPD. Debian's offers STARTTLS and breaks off in every handshake, as it keeps its key in a process of its own in a way that OpenSSL 3
# no longer allows (its issue 1171). So it has no policy, and shows what becomes of such a host: the message goes over in clear.
account opensmtpd opensmtpq vmail
mkdir -p /var/spool/smtpd /var/spool/smtpd/purge /var/lib/opensmtpd/empty /run/opensmtpd /srv/mail/opensmtpd.test
chmod 711 /var/spool/smtpd
chown opensmtpq /var/spool/smtpd/purge
chmod 700 /var/spool/smtpd/purge
chown vmail /srv/mail/opensmtpd.test
chmod 600 /srv/certificates/mx.opensmtpd.test.pem
cat > /srv/smtpd.conf <<'CF'
pki mx.opensmtpd.test cert "/srv/certificates/mx.opensmtpd.test.pem"
pki mx.opensmtpd.test key "/srv/certificates/mx.opensmtpd.test.pem"
smtp max-message-size 50M
table vmail { "@" = "vmail" }
listen on 192.0.2.32 tls pki mx.opensmtpd.test hostname mx.opensmtpd.test
action "local" maildir "/srv/mail/%{rcpt.domain}" virtual <vmail>
match from any for domain "opensmtpd.test" action "local"
CF
start opensmtpd 192.0.2.32:25 smtpd -d -f /srv/smtpd.conf
! verifies 192.0.2.32:25 mx.opensmtpd.test -starttls smtp || fatal 'opensmtpd: TLS works here, so its line in mx/servers should say verified'
