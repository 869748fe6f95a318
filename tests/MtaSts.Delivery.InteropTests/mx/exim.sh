# Exim: two listeners that differ in what they advertise.
account Debian-exim
mkdir -p /etc/exim4 /srv/exim/spool /srv/exim/log
chown -R Debian-exim /srv/exim
cat > /etc/exim4/exim4.conf <<'CF'
primary_hostname = mx.exim.test
spool_directory = /srv/exim/spool
log_file_path = /srv/exim/log/%s
log_selector = +incoming_interface +incoming_port
pid_file_path = /srv/exim/pid
local_interfaces = 192.0.2.30 : 192.0.2.31
domainlist local_domains = exim.test : exim-no-chunking.test
never_users =
host_lookup =
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
message_size_limit = 50M
tls_advertise_hosts = ${if eq {$received_ip_address}{192.0.2.30} {*}{}}
tls_certificate = /srv/certificates/mx.exim.test.pem
chunking_advertise_hosts = ${if eq {$received_ip_address}{192.0.2.30} {*}{}}
smtputf8_advertise_hosts = ${if eq {$received_ip_address}{192.0.2.30} {*}{}}
received_headers_max = 50
queue_only = false
deliver_queue_load_max = 1000
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0

begin acl
rcpt:
  accept domains = +local_domains

begin routers
all:
  driver = accept
  domains = +local_domains
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  directory = /srv/mail/$domain_data
  maildir_format
  create_directory
  return_path_add
  envelope_to_add
  user = nobody
  group = nogroup
CF
start exim 192.0.2.30:25 exim4 -bdf -q1m
