#!/bin/sh
# Makes this machine know $address, and its browser trust it. Debian, Ubuntu and their like; run as root, for the
# person who will use the browser:  sudo sh install.sh
set -eu

here=$$(cd "$$(dirname "$$0")" && pwd)
name='$name' ip='$ip' address='$address' digest='$digest'
person=$${SUDO_USER:-$$(id -un)}
home=$$(getent passwd "$$person" | cut -d: -f6)

[ "$$(id -u)" = 0 ] || { echo "Run this as root: sudo sh install.sh" >&2; exit 1; }
command -v openssl >/dev/null && command -v certutil >/dev/null || {
    echo "Two programs are missing. Install them, and run this again:" >&2
    echo "    apt-get install openssl libnss3-tools" >&2
    exit 1
}

found=$$(openssl x509 -in "$$here/authority.pem" -outform DER | sha256sum | cut -d' ' -f1)
[ "$$found" = "$$digest" ] || { echo "authority.pem is not the one this was made with. Nothing was changed." >&2; exit 1; }
echo "The fingerprint of the center's authority. Compare it with the one at the center:"
echo "    $fingerprint"

# 1. The name.
grep -qE "^$$ip[[:space:]]+$$name\$$" /etc/hosts || {
    grep -vE "[[:space:]]$$name\$$" /etc/hosts >/etc/hosts.amana || true
    echo "$$ip $$name" >>/etc/hosts.amana
    cat /etc/hosts.amana >/etc/hosts
    rm /etc/hosts.amana
}

# 2. The authority, for the system and for Chromium's own list.
install -D -m 644 "$$here/authority.pem" /usr/local/share/ca-certificates/amana.crt
update-ca-certificates >/dev/null
store="$$home/.pki/nssdb"
as() { if [ "$$person" = root ]; then "$$@"; else runuser -u "$$person" -- "$$@"; fi; }
[ -e "$$store/cert9.db" ] || { as mkdir -p "$$store"; as certutil -N -d "sql:$$store" --empty-password; }
certutil -D -d "sql:$$store" -n amana 2>/dev/null || true
certutil -A -d "sql:$$store" -n amana -t C,, -i "$$here/authority.pem"
[ "$$person" = root ] || chown -R "$$person" "$$home/.pki"

# 3. Cameras and microphone without a question, on that page alone.
for folder in /etc/chromium/policies/managed /etc/opt/chrome/policies/managed; do
    mkdir -p "$$folder"
    cat >"$$folder/amana.json" <<POLICY
{"AudioCaptureAllowedUrls": ["$$address"], "VideoCaptureAllowedUrls": ["$$address"], "AutoplayAllowlist": ["$$address"]}
POLICY
done

echo "Done. Open $$address in Chromium."
