#!/bin/sh
# A private PostgreSQL as the distribution ships it, for the tests; it touches no other server on the machine.
#   settings=$(scripts/stock-postgres.sh start) && eval "$settings"   starts one, sets TEST_DATABASE_URL and STOCK_POSTGRES
#   scripts/stock-postgres.sh stop "$STOCK_POSTGRES"                  ends it and deletes its folder
set -eu

programs() {
  # The newest version of those installed.
  ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -n | tail -n 1
}

install_programs() {
  # Debian's package would make and start a cluster of its own, unless it is told not to; a setting of the machine stays.
  settings=/etc/postgresql-common/createcluster.d/restage.conf
  mkdir -p "$(dirname "$settings")"
  echo 'create_main_cluster = false' >"$settings"
  # Answers go to stdout, which the caller evaluates.
  DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
  rm -f "$settings"
}

# PostgreSQL refuses to run as root.
unprivileged() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# No program asks the kernel for a free port, so some are tried; the server itself says whether one was free.
random_port() {
  echo $((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
}

start() {
  [ -n "$(programs)" ] || install_programs
  bin=$(programs)
  folder=$(mktemp -d "${TMPDIR:-/tmp}/restage-stock-XXXXXX")
  chmod 700 "$folder"
  [ "$(id -u)" != 0 ] || chown postgres: "$folder"
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  # The password is written by the shell itself: it never is in a list of processes.
  printf '%s' "$password" | unprivileged sh -c "umask 077 && cat >'$folder/password'"
  cd "$folder"
  unprivileged "$bin/initdb" -D "$folder/data" -U restage --pwfile="$folder/password" -A scram-sha-256 -E UTF8 --locale=C >&2
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$(random_port)
    # Tests need no durability.
    options="-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories='$folder' -c fsync=off -c max_connections=200"
    if unprivileged "$bin/pg_ctl" start -w -s -D "$folder/data" -l "$folder/log" -o "$options" >&2; then
      echo "export TEST_DATABASE_URL=postgres://restage:$password@127.0.0.1:$port/postgres"
      echo "export STOCK_POSTGRES=$folder"
      return
    fi
  done
  cat "$folder/log" >&2
  rm -rf "$folder"
  exit 1
}

stop() {
  folder=$1
  # Only what `start` made is deleted.
  case $folder in */restage-stock-??????) ;; *) echo "not a folder of stock-postgres.sh: $folder" >&2; exit 2 ;; esac
  cd "$folder"
  unprivileged "$(programs)/pg_ctl" stop -w -s -m immediate -D "$folder/data" >&2 || true
  cd /
  rm -rf "$folder"
}

case ${1:-start} in
  start) start ;;
  stop) stop "${2:?the folder, as in STOCK_POSTGRES}" ;;
  *) sed -n '2,4p' "$0" >&2; exit 2 ;;
esac
