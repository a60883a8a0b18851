#!/bin/sh
# YASA from PyPI in an environment of its own, .venv/yasa: only `make reportbench` compares with it, Nightbelt does not
# need it. Not locked: whatever version there is has to give the same figures. Without it the benchmark says so.
set -eu
cd "$(dirname "$0")/.."
home=.venv/yasa
[ -x "$home/bin/python" ] && "$home/bin/python" -c 'import yasa' 2>/dev/null && exit 0

echo "installing YASA into $home ..."
rm -rf "$home"
"${PYTHON:-python3}" -m venv "$home"
"$home/bin/pip" install -q --disable-pip-version-check yasa \
  || { rm -rf "$home"; echo "YASA could not be installed; the figures are not compared with it"; }
