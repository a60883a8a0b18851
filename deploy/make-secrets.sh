#!/bin/sh
# Draws the secrets of docker-compose.yml into ./secrets, and makes a certificate authority and the broker's certificate.
#
#   deploy/make-secrets.sh [NAME ...]     names and addresses that belts reach this machine by, such as care.lan 10.0.0.5
#
# Run it again whenever you like: what is there stays. The folder is for its owner alone. The files in it can be read
# by whoever gets into the folder, because compose mounts them into containers with the mode they have here, and the
# programs there run under accounts of their own.
set -eu
cd "$(dirname "$0")/.."
command -v openssl >/dev/null || { echo "make-secrets: openssl is missing: apt install openssl" >&2; exit 2; }
umask 077
mkdir -p secrets
chmod 700 secrets

CA_DAYS=7300
BROKER_DAYS=1825
RENEW_WITHIN_S=5184000 # 60 days

put() { # file: what comes on standard input, whole or not at all
    cat > "secrets/.$1.new"
    chmod 444 "secrets/.$1.new"
    mv "secrets/.$1.new" "secrets/$1"
    echo "made secrets/$1"
}

draw() { # file: 192 random bits
    [ -s "secrets/$1" ] || openssl rand -hex 24 | put "$1"
}

subject_alternatives() { # name...: as openssl wants them
    list=DNS:mosquitto,DNS:localhost,IP:127.0.0.1
    for name in "$@"; do
        case $name in
            *[!0-9.]*) case $name in *:*) list=$list,IP:$name ;; *) list=$list,DNS:$name ;; esac ;;
            *) list=$list,IP:$name ;;
        esac
    done
    echo "$list"
}

make_authority() {
    openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days $CA_DAYS \
        -subj "/CN=Nightbelt certificate authority" -addext keyUsage=critical,keyCertSign,cRLSign \
        -keyout secrets/ca.key -out secrets/.ca.new 2>/dev/null
    put ca.crt < secrets/.ca.new
    rm secrets/.ca.new
}

make_broker_certificate() { # name...
    extensions=secrets/.extensions.new
    {
        echo "subjectAltName=$(subject_alternatives "$@")"
        echo "extendedKeyUsage=serverAuth"
        echo "basicConstraints=CA:FALSE"
    } > $extensions
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj "/CN=mosquitto" \
        -keyout secrets/.key.new -out secrets/.request.new 2>/dev/null
    openssl x509 -req -in secrets/.request.new -CA secrets/ca.crt -CAkey secrets/ca.key -days $BROKER_DAYS \
        -extfile $extensions -out secrets/.crt.new 2>/dev/null
    put broker.key < secrets/.key.new
    put broker.crt < secrets/.crt.new
    rm secrets/.key.new secrets/.crt.new secrets/.request.new $extensions
}

for name in nightbelt_records_password nightbelt_mqtt_password nightbelt_grafana_postgres_password \
    influx_admin_password influx_admin_token grafana_admin_password; do
    draw "$name"
done

[ -s secrets/ca.crt ] || make_authority
if [ ! -s secrets/broker.crt ] || [ ! -s secrets/broker.key ]; then
    [ -s secrets/ca.key ] || { echo "make-secrets: secrets/ca.key is not here to sign with; put it back" >&2; exit 2; }
    make_broker_certificate "$@"
    echo "belts must trust secrets/ca.crt; keep a copy of secrets/ca.key away from this machine"
fi
openssl verify -CAfile secrets/ca.crt secrets/broker.crt >/dev/null ||
    { echo "make-secrets: secrets/broker.crt is not by secrets/ca.crt, or is over" >&2; exit 2; }
openssl x509 -in secrets/broker.crt -noout -checkend $RENEW_WITHIN_S >/dev/null ||
    echo "make-secrets: secrets/broker.crt ends soon; delete it and run this again with its names" >&2
openssl x509 -in secrets/broker.crt -noout -enddate -ext subjectAltName | sed 's/^ */  /'
