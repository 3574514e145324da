#!/usr/bin/env bash
# Fetches what building and testing need, and says loudly what it could not.
#   tools/deps.sh npm   only web/node_modules, as web/package-lock.json says
#   tools/deps.sh       that, and what the tests need from Debian
# As root on Debian or Ubuntu it installs with apt-get; elsewhere it names what
# is missing and goes on, unless PARLEY_CI=1: then a missing thing is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

# Playwright needs Node 20; Debian 12 carries 18. npm can fetch a newer one.
node_version=24.9.0
missing=()
export PATH="$PWD/bin/node/node_modules/node/bin:$PATH"

say() { printf 'deps: %s\n' "$*"; }

have() { command -v "$1" >/dev/null 2>&1; }

# One line for each thing from Debian: a command that shows it is there, and its package.
debian_needs() {
  local want=()
  have "${PARLEY_CHROMIUM:-chromium}" || want+=(chromium)
  have node || want+=(nodejs)
  have npm || want+=(npm)
  have python3 || want+=(python3-minimal)
  have gcc || want+=(gcc libc6-dev)
  compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || [ -n "${PARLEY_POSTGRES_BIN:-}" ] || want+=(postgresql)
  [ -d /usr/share/fonts/truetype/dejavu ] || want+=(fonts-dejavu-core)
  [ ${#want[@]} -eq 0 ] && return 0
  if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && have apt-get; then
    say "installing from Debian: ${want[*]}"
    local log
    log=$(mktemp)
    if ! { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${want[@]}"; } >"$log" 2>&1 </dev/null; then
      tail -n 20 "$log" >&2
      missing+=("${want[@]}")
    fi
    rm -f "$log"
  else
    missing+=("${want[@]}")
  fi
}

# A Node that is too old is joined by a newer one in bin/node, for us alone.
newer_node() {
  have node && have npm || return 0
  [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ] && return 0
  say "Node $(node --version) is too old for the browser tests: fetching $node_version from npm into bin/node"
  mkdir -p bin/node
  if ! npm install --prefix bin/node --no-save --loglevel=error --no-fund --no-audit "node@$node_version" </dev/null; then
    missing+=("Node 20 or newer")
  fi
}

# $1: a folder with package.json. npm runs only when its lock file has changed.
npm_ci() {
  local dir=$1 stamp=$1/node_modules/.parley-lock
  if ! have npm; then
    missing+=("npm (for $dir)")
    return 0
  fi
  if [ -e "$stamp" ] && cmp -s "$dir/package-lock.json" "$stamp"; then
    return 0
  fi
  say "npm ci in $dir"
  if (cd "$dir" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --loglevel=error --no-fund --no-audit </dev/null); then
    cp "$dir/package-lock.json" "$stamp"
  else
    missing+=("npm packages of $dir")
  fi
}

[ "${1:-all}" = npm ] || { debian_needs; newer_node; }
npm_ci web
[ "${1:-all}" = npm ] || npm_ci tools/openapi

if [ ${#missing[@]} -gt 0 ]; then
  {
    echo "deps: ******************************************************************"
    echo "deps: NOT HERE: ${missing[*]}"
    echo "deps: Without them the console is not built, or its tests are skipped."
    echo "deps: Debian: apt-get install chromium nodejs npm gcc fonts-dejavu-core postgresql"
    echo "deps: Elsewhere: Node 20 or newer with npm, and Chromium by its path in"
    echo "deps: PARLEY_CHROMIUM, PostgreSQL 15 or newer by the folder of its programs"
    echo "deps: in PARLEY_POSTGRES_BIN; then run make deps again."
    echo "deps: ******************************************************************"
  } >&2
  [ "${PARLEY_CI:-}" = 1 ] && exit 1
fi
exit 0
