# The same faults for the library, for Postfix with its MTA-STS resolver, and for chasquid. The kit's fake internet plays DNS, policy hosts and MX hosts.
while read -r address; do
    ip address add "$address/32" dev lo || fatal "network: $address cannot be added"
done < <(dotnet "$PROGRAM" peers --addresses)
rm -f /etc/resolv.conf && echo 'nameserver 127.0.0.1' > /etc/resolv.conf
authority || fatal 'certificates: openssl cannot make them'
issue sender sender.example

mkfifo /srv/go
dotnet "$PROGRAM" peers --dns 127.0.0.1 --trust /srv/root.pem --table /srv/table < /srv/go > /srv/peers.out 2> /srv/log/program &
program=$!
exec 4> /srv/go
served() { [[ -s /srv/root.pem ]] || ! kill -0 "$program" 2> /dev/null; }
within 60 served

. "$part/postfix.sh"
postfix_sender 127.0.0.2 /srv/root.pem
. "$part/chasquid.sh"
chasquid_sender 127.0.0.3 /srv/root.pem
echo go >&4
wait "$program"
failures=$?
tee -a /srv/checks < /srv/peers.out
