# chasquid as a sender: it takes mail from a user who has logged in.
chasquid_sender() {
    mkdir -p /srv/chasquid/{domains/sender.example,certs/sender.example,data}
    cat /srv/ca/sender.pem /srv/ca/issuer.pem > /srv/chasquid/certs/sender.example/fullchain.pem
    cp /srv/ca/sender.key /srv/chasquid/certs/sender.example/privkey.pem
    cat > /srv/chasquid/chasquid.conf <<CF
hostname: "sender.example"
max_data_size_mb: 50
smtp_address: "$1:2525"
submission_address: "$1:587"
submission_over_tls_address: "$1:4650"
data_dir: "/srv/chasquid/data"
mail_log_path: "<stderr>"
CF
    chasquid-util -C=/srv/chasquid user-add --password=secret sender@sender.example > /srv/log/chasquid-util 2>&1 ||
        chasquid-util -C /srv/chasquid user-add sender@sender.example --password=secret > /srv/log/chasquid-util 2>&1 ||
        fatal 'chasquid: no user' "$(tail -n 1 /srv/log/chasquid-util)"
    start_chasquid "$1" "$2"
}

start_chasquid() { start chasquid "$1:587" env SSL_CERT_FILE="$2" chasquid -config_dir=/srv/chasquid; }
