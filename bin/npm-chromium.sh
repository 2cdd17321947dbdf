#!/usr/bin/env bash
# Print the path of a Chromium from the npm registry, for machines without one and without root.
set -euo pipefail
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
tools=${UV_PROJECT_ENVIRONMENT:-$root/.venv}/bin
folder=$root/.tools/chromium
export PATH="$tools:$PATH"
mkdir -p "$folder"
cd "$folder"
if [ ! -d node_modules/@sparticuz/chromium ]; then
    npm install --no-audit --no-fund --no-progress --silent @sparticuz/chromium@153 >install.log 2>&1 || {
        echo "citydesk: no Chromium: npm could not fetch @sparticuz/chromium (see $folder/install.log)" >&2
        exit 1
    }
fi
# unpacks itself below TMPDIR the first time
TMPDIR=$folder exec node --input-type=module -e '
import chromium from "@sparticuz/chromium"
chromium.setGraphicsMode = false
console.log(await chromium.executablePath())
'
