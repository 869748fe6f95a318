# The library against the mail servers that Debian has, in their usual settings: fifty awkward messages to each.
addresses 192.0.2 10 11 12 13 14 15 16 17 18 19 20 21 22 30 31 32 33 53
cp -r "$part"/. /srv
mkdir -p /srv/mail /srv/keys /srv/policies
chown nobody:nogroup /srv/mail

authority || fatal 'certificates: openssl cannot make them'
while read -r name address tls _; do
    [[ $name && $name != '#'* ]] || continue
    issue "mx.$name.test" "mx.$name.test" || fatal "certificates: openssl cannot make the one for mx.$name.test"
    echo "$name 0 MX 10 mx.$name
mx.$name 0 A $address"
    if [[ $tls == verified ]]; then
        echo "_mta-sts.$name 0 TXT \"v=STSv1; id=1;\"
mta-sts.$name 0 A 192.0.2.20"
        policy "$name.test" enforce "mx.$name.test"
        hosts+=("mta-sts.$name.test")
    fi
done < /srv/servers > /srv/zone.servers
issue policies "${hosts[@]}" || fatal 'certificates: openssl cannot make the one of the policy host'

# The keys of sender.test, for DKIM.
openssl genrsa -out /srv/keys/rsa1.pem 2048 2> /dev/null && openssl genpkey -algorithm ed25519 -out /srv/keys/ed1.pem || fatal 'keys: openssl cannot make them'
rsa=$(openssl pkey -in /srv/keys/rsa1.pem -pubout -outform der | base64 -w 0)
ed25519=$(openssl pkey -in /srv/keys/ed1.pem -pubout -outform der | tail -c 32 | base64 -w 0)
cat - /srv/zone.servers > /srv/test.zone <<ZONE
\$ORIGIN test.
@                   0 SOA  ns hostmaster 1 3600 600 86400 0
@                   0 NS   ns
ns                  0 A    192.0.2.53
sender              0 A    192.0.2.1
rsa1._domainkey.sender 0 TXT "v=DKIM1; k=rsa; p=${rsa:0:200}" "${rsa:200}"
ed1._domainkey.sender  0 TXT "v=DKIM1; k=ed25519; p=$ed25519"
ZONE
cp "$here/enforcement/unbound.conf" /srv/unbound.conf
rm -f /etc/resolv.conf && echo 'nameserver 192.0.2.53' > /etc/resolv.conf
resolver unbound 192.0.2.53:53
start nginx 192.0.2.20:443 nginx -c /srv/nginx.conf -e /srv/log/nginx

program greylist greylist --listen 192.0.2.19:10023
for server in postfix exim opensmtpd sendmail; do . "$part/$server.sh"; done

check_with mx --dns 192.0.2.53 --trust /srv/ca/root.pem --servers /srv/servers --mail /srv/mail --keys /srv/keys

# Both ways to hand a message over: DATA for the first of a session, and BDAT for the others where the server offers CHUNKING; the server's own log says
# which. Sendmail and OpenSMTPD do not know BDAT.
ways() {
    case $1 in
        postfix-*)
            within 10 settled "$1"
            grep -E "postfix/$1/smtpd.*: disconnect from " /srv/log/mail.log | grep -oE ' (data|bdat)=[0-9]+' |
                awk -F= '{ sum[$1] += $2 } END { print sum[" data"] + 0, sum[" bdat"] + 0 }'
            ;;
        exim*) grep ' <= ' /srv/exim/log/main | grep -F "I=[$2]:" | awk '/ K /{ bdat++; next } { data++ } END { print data + 0, bdat + 0 }' ;;
        *) ehlo "$2" | grep -q CHUNKING || echo "$3 0" ;;
    esac
}

ehlo() {
    local line
    exec 5<> "/dev/tcp/$1/25"
    echo $'EHLO sender.test\r\nQUIT\r' >&5
    while read -r -t 10 line <&5; do echo "$line"; done
    exec 5>&-
}

while read -r name address tls traits; do
    [[ $name && $name != '#'* && " $traits " != *' few '* && " $traits " != *' recipients '* ]] || continue
    arrived=$(find "/srv/mail/$name.test/new" -type f | wc -l)
    read -r data bdat < <(ways "$name" "$address" "$arrived")
    chunking='CHUNKING offered'
    [[ " $traits " == *' no-chunking '* ]] && chunking='no CHUNKING offered'
    [[ $chunking == no* ]] && wanted=$((bdat == 0)) || wanted=$((bdat > 0))
    if ((data > 0 && data + bdat == arrived && wanted)); then
        ok "$name, $chunking: $data by DATA, $bdat by BDAT"
    else
        failed "$name, $chunking: as many by DATA and by BDAT as arrived" "${data:-nobody knows how many} by DATA, ${bdat:-nor} by BDAT, $arrived arrived"
    fi
done < /srv/servers

# OpenDKIM's word for them, too: it finds the key in DNS. What it knows of Ed25519 is an older draft.
signed=0 broken=()
while read -r file; do
    ((signed++))
    sed 's/$/\r/' "$file" | opendkim-testmsg > /srv/log/opendkim 2>&1 || broken+=("${file#/srv/mail/}: $(tail -n 1 /srv/log/opendkim)")
done < <(grep -rlE '^X-Corpus: dkim--(relaxed|simple|8|longest)' /srv/mail/*/new)
if ((signed > 40 && ${#broken[@]} == 0)); then ok "OpenDKIM verifies all $signed RSA signatures that arrived"; else failed 'OpenDKIM verifies the RSA signatures that arrived' "$signed, ${#broken[@]} broken: ${broken[*]:0:3}"; fi
