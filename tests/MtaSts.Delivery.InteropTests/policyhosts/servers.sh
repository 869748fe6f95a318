# How nginx and Apache serve each case, and how one of them gets its certificate by ACME.

nginx_host() {
    local listen='ssl http2' more='types { text/plain txt; }' certificate=$1
    case $1 in
        *-http11) listen=ssl ;;
        *-chunked) more+=' ssi on; ssi_types text/plain;' ;;
        *-forced-gzip) more+=' add_header Content-Encoding gzip always; rewrite ^(.*).txt$ $1.gz break;'
            gzip -k -S .gz < "/srv/policies/mta-sts.$1.test/.well-known/mta-sts.txt" > "/srv/policies/mta-sts.$1.test/.well-known/mta-sts.gz"
            more=${more/types { text\/plain txt; \}/default_type text\/plain;} ;;
        *-gzip) more+=' gzip on; gzip_types text/plain; gzip_min_length 1;' ;;
        *-charset) more+=' charset utf-8;' ;;
        *-html) more='default_type text/html; types { }' ;;
        *-redirect) more+=' return 301 https://mta-sts.nginx-http2.test$request_uri;' ;;
        *-missing) more+=' return 404;' ;;
        *-tls12) more+=' ssl_protocols TLSv1.2;' ;;
        *-tls13) more+=' ssl_protocols TLSv1.3;' ;;
        *-both) more+=" ssl_certificate /srv/certificates/$1.rsa.pem; ssl_certificate_key /srv/certificates/$1.rsa.pem;" ;;
        *-default | *-rejected) return ;;
    esac
    # http2 and the protocols count for the whole address in this version, so HTTP/1.1 and TLS 1.2 have a port of their own; see nginx_port.
    cat <<CF
    server {
        listen 127.0.0.1:$(nginx_port "$1") $listen;
        server_name mta-sts.$1.test;
        ssl_certificate /srv/certificates/$certificate.pem;
        ssl_certificate_key /srv/certificates/$certificate.pem;
        root /srv/policies/\$host;
        $more
    }
CF
}

# Settings of a handshake belong to a listening socket: those that differ listen apart, and nginx itself hands a connection on by its name.
nginx_port() {
    case $1 in
        *-http11) echo 4431 ;;
        *-tls12) echo 4432 ;;
        *-tls13) echo 4433 ;;
        *) echo 4430 ;;
    esac
}

nginx_server() {
    cat > /srv/nginx.conf <<CF
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
user root;
worker_processes 1;
pid /srv/nginx/pid;
error_log /srv/log/nginx info;
events {}
stream {
    map \$ssl_preread_server_name \$port {
        mta-sts.nginx-http11.test 4431;
        mta-sts.nginx-tls12.test 4432;
        mta-sts.nginx-tls13.test 4433;
        mta-sts.nginx-rejected.test 4434;
        default 4430;
    }
    server { listen 192.0.2.20:443; ssl_preread on; proxy_pass 127.0.0.1:\$port; }
}
http {
    access_log /srv/log/nginx-access;
    client_body_temp_path /srv/nginx/body;
    proxy_temp_path /srv/nginx/proxy;
    fastcgi_temp_path /srv/nginx/fastcgi;
    uwsgi_temp_path /srv/nginx/uwsgi;
    scgi_temp_path /srv/nginx/scgi;
    server { listen 127.0.0.1:4430 ssl http2 default_server; ssl_certificate /srv/certificates/elsewhere.pem; ssl_certificate_key /srv/certificates/elsewhere.pem; return 404; }
    server { listen 127.0.0.1:4434 ssl default_server; ssl_reject_handshake on; }
    server { listen 192.0.2.20:80 default_server; location /.well-known/acme-challenge/ { alias /srv/acme/; } }
    include /srv/nginx.hosts;
}
CF
    mkdir -p /srv/acme
    start nginx 192.0.2.20:443 nginx -c /srv/nginx.conf -e /srv/log/nginx
}

apache_host() {
    local more='Protocols h2 http/1.1' certificate=$1
    case $1 in
        *-http11) more='Protocols http/1.1' ;;
        *-chunked) more+=$'\n    Options +Includes\n    SetOutputFilter INCLUDES;BUCKETEER'
            # A small file goes out whole, with its length, unless a flush comes in between: that is what this octet makes.
            sed -i '1s/$/\x06/' "/srv/policies/mta-sts.$1.test/.well-known/mta-sts.txt" ;;
        *-gzip) more+=$'\n    AddOutputFilterByType DEFLATE text/plain' ;;
        *-redirect) more+=$'\n    Redirect permanent / https://mta-sts.apache-http2.test/' ;;
        *-missing) more+=$'\n    Redirect 404 /' ;;
        *-tls12) more+=$'\n    SSLProtocol TLSv1.2' ;;
        *-both) more+=$'\n    '"SSLCertificateFile /srv/certificates/$1.rsa.pem"$'\n    '"SSLCertificateKeyFile /srv/certificates/$1.rsa.pem" ;;
        *-default) return ;;
    esac
    cat <<CF
<VirtualHost 192.0.2.21:443>
    ServerName mta-sts.$1.test
    SSLEngine on
    SSLCertificateFile /srv/certificates/$certificate.pem
    SSLCertificateKeyFile /srv/certificates/$certificate.pem
    DocumentRoot /srv/policies/mta-sts.$1.test
    $more
</VirtualHost>
CF
}

apache_server() {
    account www-data
    local module
    {
        for module in mpm_event authz_core unixd mime alias ssl http2 include deflate filter socache_shmcb headers bucketeer; do
            [[ -f /usr/lib/apache2/modules/mod_$module.so ]] && echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
        done
        cat <<'CF'
ServerRoot /srv/apache
ServerName apache.test
PidFile /srv/apache/pid
ErrorLog /srv/log/apache
TypesConfig /srv/apache/types
User www-data
Group www-data
Listen 192.0.2.21:443
Mutex file:/srv/apache
AddType text/plain .txt
<Directory /srv/policies>
    Require all granted
    AllowOverride None
</Directory>
<VirtualHost 192.0.2.21:443>
    ServerName elsewhere.test
    SSLEngine on
    SSLCertificateFile /srv/certificates/elsewhere.pem
    SSLCertificateKeyFile /srv/certificates/elsewhere.pem
</VirtualHost>
CF
        cat /srv/apache.hosts
    } > /srv/apache.conf
    touch /srv/apache/types
    start apache 192.0.2.21:443 apache2 -f /srv/apache.conf -DFOREGROUND
}

# certificate_by_acme NAME: from Pebble, which asks nginx for the proof; its root of the day becomes one that the library trusts.
certificate_by_acme() {
    issue pebble pebble.test
    cat > /srv/pebble.json <<'CF'
{ "pebble": { "listenAddress": "192.0.2.30:14000", "managementListenAddress": "192.0.2.30:15000",
  "certificate": "/srv/certificates/pebble.pem", "privateKey": "/srv/ca/pebble.key", "httpPort": 80, "tlsPort": 443,
  "ocspResponderURL": "", "externalAccountBindingRequired": false } }
CF
    start pebble 192.0.2.30:14000 env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 pebble -config /srv/pebble.json -dnsserver 192.0.2.53:53
    mkdir -p /srv/dehydrated
    cat > /srv/dehydrated/config <<'CF'
CA=https://pebble.test:14000/dir
CURL_OPTS="--cacert /srv/ca/root.pem"
BASEDIR=/srv/dehydrated
WELLKNOWN=/srv/acme
KEY_ALGO=prime256v1
CF
    { dehydrated --config /srv/dehydrated/config --register --accept-terms &&
        dehydrated --config /srv/dehydrated/config --cron --domain "mta-sts.$1.test"; } > /srv/log/dehydrated 2>&1 || fatal 'pebble: no certificate' "$(tail -n 2 /srv/log/dehydrated)"
    cat "/srv/dehydrated/certs/mta-sts.$1.test/"{privkey,fullchain}.pem > "/srv/certificates/$1.pem"
    curl --silent --fail --cacert /srv/ca/root.pem https://pebble.test:15000/roots/0 >> /srv/ca/root.pem || fatal 'pebble: no root'
    kill -HUP "${processes[nginx]}"
    within 60 verifies 192.0.2.20:443 "mta-sts.$1.test" || fatal "pebble: its certificate does not verify"
}
