# A small internet of Postfix, nginx and Unbound, and the attack that MTA-STS is made for. The library delivers, and the servers'
# logs and mailboxes are compared with what it says.
. "$part/internet.sh"
start_internet

recipients=({recipient,nobody}@enforced.test recipient@{testing,wrongname,stripped,plain}.test)
start_program
deliver "${recipients[@]}"

says    'enforce, all in order: delivered, encrypted and verified' recipient@enforced.test '.outcome == "Delivered" and .tls == "verified"'
arrived 'enforce, all in order: the message arrives unchanged, over TLS' recipient@enforced.test encrypted
says    'enforce, all in order: an unknown recipient beside it fails for good' nobody@enforced.test '.outcome == "Failed" and .status == "5.1.1"'

says    'enforce, certificate for another name: deferred at the TLS stage' recipient@wrongname.test '.outcome == "Deferred" and .stage == "Tls"'
refused 'enforce, certificate for another name: Postfix sees STARTTLS and no MAIL' mx.wrongname.test ' starttls='
nothing 'enforce, certificate for another name: nothing arrives' recipient@wrongname.test

says    'enforce, no STARTTLS offered: deferred at the TLS stage' recipient@stripped.test '.outcome == "Deferred" and .stage == "Tls"'
refused 'enforce, no STARTTLS offered: Postfix sees EHLO and no MAIL' mx.stripped.test ' ehlo='
nothing 'enforce, no STARTTLS offered: nothing arrives' recipient@stripped.test

says    'testing, certificate for another name: delivered, not verified' recipient@testing.test '.outcome == "Delivered" and .tls == "unverified"'
arrived 'testing, certificate for another name: the message arrives unchanged, over TLS' recipient@testing.test encrypted

says    'no policy, no STARTTLS offered: delivered in clear' recipient@plain.test '.outcome == "Delivered" and .tls == "none"'
arrived 'no policy, no STARTTLS offered: the message arrives unchanged, in clear' recipient@plain.test clear

# Now the attack that MTA-STS is made for: the policy's record vanishes, its host falls silent, and the MX host's name
# leads to a server that offers no STARTTLS. The same process still has the policy.
take_over_dns
stop nginx
deliver recipient@enforced.test

says    'enforce, DNS taken over: the cached policy still defers' recipient@enforced.test '.outcome == "Deferred" and .stage == "Tls"'
refused 'enforce, DNS taken over: Postfix sees EHLO and no MAIL' mx.attacker.test ' ehlo='
nothing 'enforce, DNS taken over: nothing more arrives' recipient@enforced.test 1
