#!/bin/sh
# What the tests start besides Python packages. Installs what is missing where it may; says so where it may not.
set -eu
missing=""
need() { # program package...: the packages, unless the program is there
    program=$1
    shift
    command -v "$program" >/dev/null 2>&1 || [ -x "/usr/sbin/$program" ] || missing="$missing $*"
}
need mosquitto mosquitto
need mosquitto_pub mosquitto-clients
need chromium chromium fonts-noto-cjk
need influxd influxdb
need caddy caddy
need docker-compose docker-compose
need openssl openssl
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing$missing ..."
    apt-get update -q >/dev/null
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
    # the distribution starts them as services; the tests start their own
    for service in mosquitto influxdb caddy postgresql; do
        service "$service" stop >/dev/null 2>&1 || true
    done
    exit 0
fi
echo "not installed:$missing; the tests that need them are skipped (apt install$missing)"
[ "${CI:-}" != true ]
