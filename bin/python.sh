# shellcheck shell=sh disable=SC2034
# Sourced by bin/up, bin/test and bin/citydesk: sets $root and $python (3.11 or newer), or stops with one line.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
python=
for candidate in python3 python3.14 python3.13 python3.12 python3.11 "$root/.venv/bin/python"; do
    if command -v "$candidate" >/dev/null 2>&1 &&
        "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "citydesk: Python 3.11 or newer is needed (none of python3, python3.11 … python3.14 is)" >&2
    exit 1
fi
