#!/bin/sh
# mqtt-sim, a simulator from PyPI that needs Python 3.13, in an environment of its own: .venv/mqtt-sim.
# Its lock is made anew, with pip-tools under Python 3.13, by
#   pip-compile --generate-hashes --strip-extras --no-header --no-annotate --no-emit-index-url simulators/public/requirements.in -o simulators/public/requirements.lock
set -eu
cd "$(dirname "$0")/.."
lock=simulators/public/requirements.lock
home=.venv/mqtt-sim
cmp -s "$lock" "$home/installed.lock" && exit 0

python=""
for candidate in python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13; do
    if "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.13 was not found, on PATH or under pyenv; the tests with mqtt-sim are skipped"
    [ "${CI:-}" != true ]
    exit 0
fi
echo "installing mqtt-sim into $home ..."
rm -rf "$home"
"$python" -m venv "$home"
"$home/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$lock"
cp "$lock" "$home/installed.lock"
