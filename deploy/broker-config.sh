#!/bin/sh
# Writes Mosquitto's files into the volume /broker, for the enrolled belts. The service's own login has the password
# that was drawn beforehand, so that a change of it in ./secrets counts from the next run on.
set -eu
umask 077
password=$(cat /run/secrets/nightbelt_mqtt_password)
logins=/broker/logins.toml
if [ -e $logins ]; then
    sed -i "s|^\"nightbelt\" = .*|\"nightbelt\" = \"$password\"|" $logins
else
    printf '[service]\n"nightbelt" = "%s"\n' "$password" > $logins
fi
exec nightbelt broker-config mosquitto --out /broker --seen-as /broker --host 0.0.0.0 --port 8883 \
    --cert-file /run/secrets/broker_cert --key-file /run/secrets/broker_key
