# The servers, and how they come onto the machine. Sourced by ./run and ./document.

# Installed as packages, unless their command is there already: COMMAND PACKAGE.
installed='postfix postfix
nginx nginx
unbound unbound
ip iproute2
openssl openssl
jq jq'

# Only unpacked: Debian allows one mail server on a machine, and nobody asked for the others to be installed. The parts see them in
# their places, because their namespace has this tree laid over /usr.
unpacked='exim4-daemon-heavy opensmtpd sendmail-bin chasquid postfix-mta-sts-resolver opendkim opendkim-tools knot apache2-bin pebble dehydrated curl libnginx-mod-stream nftables'
cache=/var/cache/mta-sts-interop
export TREE=$cache/tree

apt() { apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@"; }

missing_packages() {
    local command package
    while read -r command package; do
        command -v "$command" > /dev/null || echo "$package"
    done <<< "$installed"
}

# A package's servers are not to start on the machine itself: they would take the ports, and nobody asked for them.
# Where the machine already forbids that, its own policy-rc.d stays. Runs in a process of its own, whose end puts things back.
install_packages() {
    trap 'exit 143' INT TERM HUP
    mapfile -t packages < <(missing_packages)
    if ((${#packages[@]} == 0)) && [[ $(cat "$cache/unpacked" 2> /dev/null) == "$unpacked" ]]; then return; fi
    apt update -q || return
    if ((${#packages[@]} > 0)); then
        policy=/usr/sbin/policy-rc.d kept=
        if ! [[ -x $policy ]] || "$policy" postfix start > /dev/null 2>&1; then
            [[ -e $policy ]] && kept=$scratch/policy-rc.d && cp -p "$policy" "$kept"
            trap 'if [[ -n $kept ]]; then cp -p "$kept" "$policy"; else rm -f "$policy"; fi' EXIT
            printf '#!/bin/sh\nexit 101\n' > "$policy"
            chmod 755 "$policy"
        fi
        export DEBIAN_FRONTEND=noninteractive
        if [[ " ${packages[*]} " == *' postfix '* ]]; then
            debconf-set-selections <<< 'postfix postfix/main_mailer_type select No configuration'
        fi
        apt install -q -y --no-install-recommends --no-remove "${packages[@]}" || return
    fi
    unpack_packages
}

# With what they depend on and the machine lacks, each asked for alone, as they exclude one another. A tree that is there already stays until the new one is whole.
unpack_packages() {
    local new=$cache.new tree=$cache.new/tree
    rm -rf "$new"
    mkdir -p "$new/archives" "$tree" && cd "$new/archives" || return
    local package names archive
    for package in $unpacked; do
        apt install -q -y --no-install-recommends --print-uris "$package" || return
    done > ../uris
    mapfile -t names < <(sed -n "s/^'[^']*' \([^_]*\)_.*/\1/p" ../uris | sort -u)
    apt -q -o APT::Sandbox::User=root download "${names[@]}" || return
    for archive in *.deb; do dpkg-deb -x "$archive" "$tree" || return; done
    # Where the machine keeps them: /lib and /bin are links to /usr there, and the first mail server's sendmail is Postfix's.
    local directory
    for directory in bin sbin lib; do
        [[ ! -d $tree/$directory ]] || { cp -a "$tree/$directory" "$tree/usr/" && rm -r "${tree:?}/$directory"; } || return
    done
    rm -f "$tree"/usr/sbin/sendmail "$tree"/usr/lib/sendmail "$tree"/usr/bin/{mailq,newaliases}
    for archive in *.deb; do dpkg-deb -f "$archive" Package Version | sed -n 's/^.*: //p' | paste -sd ' '; done > ../versions
    rm -r "$new/archives" "$new/uris"
    echo "$unpacked" > "$new/unpacked" && rm -rf "$cache" && mv "$new" "$cache"
}
