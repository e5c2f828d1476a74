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
printf 'Are they the same? Type yes: '
read -r answer || answer=
[ "$$answer" = yes ] || { echo "Nothing was changed." >&2; exit 1; }

# 1. The name: no older line may lead elsewhere, and other names on such a line stay. What could not be written
# whole is not put in place; written into the file itself, which may be a mount that cannot be replaced.
trap 'rm -f /etc/hosts.amana' EXIT
awk -v ip="$$ip" -v name="$$name" '
    { told = $$0; sub(/#.*/, "", told); fields = split(told, field); there = 0; kept = field[1]
      for (at = 2; at <= fields; at++) if (tolower(field[at]) == name) there = 1; else kept = kept " " field[at]
      if (!there) print; else if (kept != field[1]) print kept }
    END { print ip " " name }' /etc/hosts >/etc/hosts.amana
cat /etc/hosts.amana >/etc/hosts

# 2. The authority, for the system and for Chromium's own list.
install -D -m 644 "$$here/authority.pem" /usr/local/share/ca-certificates/amana.crt
update-ca-certificates >/dev/null
store="$$home/.pki/nssdb"
as() { if [ "$$person" = root ]; then "$$@"; else runuser -u "$$person" -- "$$@"; fi; }
[ -e "$$store/cert9.db" ] || { as mkdir -p "$$store"; as certutil -N -d "sql:$$store" --empty-password; }
if certutil -L -d "sql:$$store" -n amana >/dev/null 2>&1; then certutil -D -d "sql:$$store" -n amana; fi
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
