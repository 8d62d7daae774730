#!/bin/sh
# Before a deb or rpm goes: gives the files of AI clients back as they were, for everyone on this machine who used the
# app, while the program that can do it is still there. An update is none of its business, and nothing keeps the package
# from being removed. Names are those of shared/brand.ts; whoever rebrands changes both.
case "${1:-}" in
  remove | 0) ;; # dpkg says what it does, rpm how many versions are left
  *) exit 0 ;;
esac

program="${DPKG_ROOT:-}/opt/Causeway/causeway"
ledger=.local/share/causeway/clients/ledger.json
[ -x "$program" ] || exit 0

# As the person, never as root: the files are theirs, and so are the links among them.
give_back() {
  # A display may be missing, and must not be needed.
  set -- timeout 120 "$program" --give-files-back --ozone-platform=headless --disable-gpu
  if [ "$uid" = "$(id -u)" ]; then
    env -i HOME="$home" USER="$user" LOGNAME="$user" PATH=/usr/bin:/bin "$@"
  else
    runuser -u "$user" -- env -i HOME="$home" USER="$user" LOGNAME="$user" PATH=/usr/bin:/bin "$@"
  fi
}

# Accounts of a directory are often in no list; their home folders are there all the same.
people() {
  getent passwd | cut -d: -f1,3,6
  for folder in "${DPKG_ROOT:-}"/home/* "${DPKG_ROOT:-}"/home/*/*; do
    [ -f "$folder/$ledger" ] && stat -c "%U:%u:$folder" "$folder"
  done
}

people | sort -u -t: -k3,3 | while IFS=: read -r user uid home; do
  [ -f "$home/$ledger" ] || continue
  if give_back </dev/null >/dev/null 2>&1; then
    echo "causeway: the files of AI clients of $user are as they were"
  else
    echo "causeway: not every file of an AI client of $user could be given back; see $home/.local/share/causeway/logs" >&2
  fi
done
exit 0
