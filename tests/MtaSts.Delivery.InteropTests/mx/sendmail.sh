# Sendmail: it hands each message to a program that stores it.
account smmta smmsp
mkdir -p /etc/mail /var/spool/mqueue /run/sendmail/mta /srv/mail/sendmail.test/new /srv/sendmail
chown nobody /srv/mail/sendmail.test/new
chmod 600 /srv/certificates/mx.sendmail.test.pem
echo sendmail.test > /etc/mail/local-host-names
cat > /srv/sendmail/store <<'STORE'
#!/bin/sh
file=$(mktemp /srv/mail/sendmail.test/message.XXXXXX) && cat > "$file" && mv "$file" /srv/mail/sendmail.test/new/
STORE
chmod 755 /srv/sendmail/store /srv/mail/sendmail.test
chown nobody /srv/mail/sendmail.test
cat > /srv/sendmail/sendmail.mc <<'MC'
include(`/usr/share/sendmail/cf/m4/cf.m4')dnl
OSTYPE(`debian')dnl
DOMAIN(`generic')dnl
FEATURE(`nouucp', `reject')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`accept_unqualified_senders')dnl
undefine(`confHOST_STATUS_DIRECTORY')dnl
define(`confDOMAIN_NAME', `mx.sendmail.test')dnl
define(`confPID_FILE', `/srv/sendmail/pid')dnl
define(`confSERVER_CERT', `/srv/certificates/mx.sendmail.test.pem')dnl
define(`confSERVER_KEY', `/srv/certificates/mx.sendmail.test.pem')dnl
define(`confCACERT', `/srv/sendmail/authorities.pem')dnl
define(`confCACERT_PATH', `/srv/ca')dnl
define(`confMAX_HEADERS_LENGTH', `1048576')dnl
define(`confMAX_MIME_HEADER_LENGTH', `0/0')dnl
define(`confMAX_MESSAGE_SIZE', `50000000')dnl
define(`confDELIVERY_MODE', `background')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confPRIVACY_FLAGS', `')dnl
define(`confDEF_USER_ID', `nobody:nogroup')dnl
DAEMON_OPTIONS(`Name=MTA, Addr=192.0.2.33, Port=25')dnl
define(`ALIAS_FILE', `')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
MAILER_DEFINITIONS
Mstore, P=/srv/sendmail/store, F=lsDFMPu8mn, S=EnvFromL/HdrFromL, R=EnvToL/HdrToL, T=DNS/RFC822/X-Unix, A=store $u
LOCAL_RULE_0
R$* <@sendmail.test.> $*	$#store $@ sendmail.test $: $1
MC
sed -i '1s,^,define(`_CF_DIR_'"'"'\, `/usr/share/sendmail/cf/'"'"')dnl\n,' /srv/sendmail/sendmail.mc
# It reads its own certificate only, and puts in front of it what it finds among its authorities.
cat /srv/ca/{root,issuer}.pem > /srv/sendmail/authorities.pem
m4 /srv/sendmail/sendmail.mc > /etc/mail/sendmail.cf 2> /srv/log/m4 || fatal 'sendmail: m4 cannot make its configuration'
start sendmail 192.0.2.33:25 /usr/libexec/sendmail/sendmail -bD -q1m -C /etc/mail/sendmail.cf
