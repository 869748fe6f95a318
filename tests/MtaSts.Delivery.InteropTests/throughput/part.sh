# The same messages from the library, from Postfix with its resolver, and from chasquid, to one sink. Each sender asks the same Unbound and fetches
# policies from the same nginx; what it knew of the domains is gone before each round.
if ((ROUNDS > 1)); then messages=5000 domains=500; else messages=500 domains=50; fi
addresses 192.0.2 10 20 53
authority || fatal 'certificates: openssl cannot make them'
issue sender sender.example
issue sink '*.mx.test'
mkdir -p /srv/policies /srv/nginx
names=(one warmup)
for ((i = 1; i <= domains; i++)); do names+=("cold$i" "warm$i"); done
{
    cat <<'ZONE'
$ORIGIN test.
$TTL 3600
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
ZONE
    for name in "${names[@]}"; do
        echo "$name MX 10 $name.mx
$name.mx A 192.0.2.10
_mta-sts.$name TXT \"v=STSv1; id=1;\"
mta-sts.$name A 192.0.2.20"
    done
} > /srv/test.zone
printf 'version: STSv1\r\nmode: enforce\r\nmx: *.mx.test\r\nmax_age: 604800\r\n' > /srv/policies/mta-sts.txt
printf 'mta-sts.%s.test\n' "${names[@]}" > /srv/names
dotnet "$PROGRAM" certificates --issuer /srv/ca --names /srv/names --out /srv/certificates || fatal 'certificates: the program cannot make them'
sed 's/log-queries: yes/log-queries: no/; s/log-replies: yes/log-replies: no/' "$here/enforcement/unbound.conf" > /srv/unbound.conf
cat > /srv/nginx.conf <<'CF'
daemon off;
user root;
worker_processes 1;
pid /srv/nginx/pid;
error_log /srv/log/nginx error;
events { worker_connections 4096; }
http {
    access_log off;
    types { text/plain txt; }
    server {
        listen 192.0.2.20:443 ssl backlog=4096;
        ssl_certificate /srv/certificates/$ssl_server_name.pem;
        ssl_certificate_key /srv/certificates/$ssl_server_name.pem;
        location = /.well-known/mta-sts.txt { alias /srv/policies/mta-sts.txt; }
    }
}
CF
rm -f /etc/resolv.conf && echo 'nameserver 192.0.2.53' > /etc/resolv.conf
resolver unbound 192.0.2.53:53
start nginx 192.0.2.20:443 nginx -c /srv/nginx.conf -e /srv/log/nginx
within 60 verifies 192.0.2.20:443 mta-sts.one.test || fatal 'nginx: no verified TLS'

. "$here/peers/postfix.sh"
. "$here/peers/chasquid.sh"
# Configured once, and started anew for each round by senders.sh.
postfix_sender 127.0.0.2 /srv/ca/root.pem
postconf -c /srv/postfix -e smtp_tls_connection_reuse=yes smtpd_client_connection_count_limit=0 qmgr_message_active_limit=20000 defer_transports=smtp
echo 'tlsproxy unix - - n - 0 tlsproxy' >> /srv/postfix/master.cf
stop resolver
postfix -c /srv/postfix stop > /dev/null 2>&1
wait "${processes[postfix]}"
chasquid_sender 127.0.0.3 /srv/ca/root.pem
stop chasquid

ulimit -n 20000
check_with throughput --dns 192.0.2.53 --trust /srv/ca/root.pem --rounds "$ROUNDS" --messages "$messages" --domains "$domains" \
    --sink 192.0.2.10:25 --certificate /srv/certificates/sink.pem --scripts "$part/senders.sh" --queue /srv/queue --table /srv/table
cat /srv/table
