# The library against the mail servers that Debian has, in their usual settings: fifty awkward messages to each.
addresses 192.0.2 10 11 12 13 14 15 16 17 18 19 20 21 22 23 30 31 32 33 53
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
issue elsewhere elsewhere.test && issue policies "${hosts[@]}" || fatal 'certificates: openssl cannot make those of the policy host, and of another'

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
# which. Sendmail and OpenSMTPD do not know BDAT, and do not log commands.
# ways NAME ADDRESS: how many by DATA, how many by BDAT, and in how many sessions.
ways() {
    case $1 in
        postfix-*)
            within 60 settled "$1"
            sessions "$1" | awk '{ data = bdat = 0; for (i = 1; i <= NF; i++) { if (sub(/^data=/, "", $i)) data = $i + 0; else if (sub(/^bdat=/, "", $i)) bdat = $i + 0 }
                d += data; b += bdat; s += data + bdat > 0 } END { print d + 0, b + 0, s + 0 }'
            ;;
        exim*) grep ' <= ' /srv/exim/log/main | grep -F "I=[$2]:" |
            awk '{ match($0, /\]:[0-9]+ I=/); seen[substr($0, RSTART, RLENGTH)] = 1 } / K /{ b++; next } { d++ } END { for (port in seen) s++; print d + 0, b + 0, s + 0 }' ;;
    esac
}

while read -r name address tls traits; do
    [[ $name == postfix-* || $name == exim* ]] && [[ " $traits " != *' few '* && " $traits " != *' recipients '* ]] || continue
    arrived=$(find "/srv/mail/$name.test/new" -type f | wc -l)
    data=0 bdat=0 sessions=0
    read -r data bdat sessions < <(ways "$name" "$address")
    if [[ " $traits " == *' no-chunking '* ]]; then
        what="$name, no CHUNKING offered: all by DATA" wanted=$((bdat == 0))
    else
        what="$name, CHUNKING offered: the first of each session by DATA, the others by BDAT" wanted=$((data == sessions && bdat > 0))
    fi
    if ((arrived > 0 && data + bdat == arrived && wanted)); then
        ok "$what ($data and $bdat)"
    else
        failed "$what" "$data by DATA, $bdat by BDAT, $sessions sessions, $arrived arrived"
    fi
done < /srv/servers

# OpenDKIM's word for them, too: it finds the key in DNS. What it knows of Ed25519 is an older draft.
signed=0 broken=()
while read -r file; do
    ((signed++))
    sed 's/$/\r/' "$file" | opendkim-testmsg > /srv/log/opendkim 2>&1 || broken+=("${file#/srv/mail/}: $(tail -n 1 /srv/log/opendkim)")
done < <(grep -rlE '^X-Corpus: dkim--(relaxed|simple|8|longest)' /srv/mail/*/new)
if ((signed > 40 && ${#broken[@]} == 0)); then ok "OpenDKIM verifies all $signed RSA signatures that arrived"; else failed 'OpenDKIM verifies the RSA signatures that arrived' "$signed, ${#broken[@]} broken: ${broken[*]:0:3}"; fi
