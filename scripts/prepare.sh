#!/usr/bin/env bash
# Installs the tools of the project: the Python environment .venv, and those of `mariadb`, `chromium`, `faketime`,
# `sam`, `checkov` and `node` that are given as arguments. For `tidb` it only looks for a server. It logs each installation and skips tools that are present.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log() { printf 'prepare: %s\n' "$*" >&2; }
fail() { log "$*"; exit 1; }
# macOS before 15 has shasum only.
fingerprint() { cat "$@" | { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; } | cut -d' ' -f1; }

# apt_packages PROGRAM PACKAGE...: installs the Debian packages if PROGRAM is missing.
apt_packages() {
  local program=$1; shift
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null && return
  install_debian_packages "$program" "$@"
}

# install_debian_packages MISSING PACKAGE...: installs the packages. Messages name MISSING as the reason.
install_debian_packages() {
  local missing=$1; shift
  command -v apt-get >/dev/null || fail "$missing is missing, and this system has no apt-get; install it by hand (Debian packages: $*)"
  [ "$(id -u)" = 0 ] || fail "$missing is missing, and only root can install it; run: sudo apt-get install --no-install-recommends $*"
  log "installing $* (Debian packages)"
  local output; output=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"; } >"$output" 2>&1; then
    tail -n 5 "$output" >&2
    fail "apt-get could not install $*; the lines above have the reason"
  fi
  rm -f "$output"
}

# library FILE PACKAGE: installs the Debian package if the shared library FILE is missing.
library() {
  local libraries
  libraries=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p) || return 0  # without ldconfig nothing can be checked
  grep -qF "$1" <<<"$libraries" && return
  install_debian_packages "$1" "$2"
}

# find_uv: sets UV to the uv of PATH, or installs uv into its own environment with any Python 3.
find_uv() {
  UV=$(command -v uv || true)
  [ -n "$UV" ] && return
  UV=$PWD/.devcloud/uv/bin/uv
  [ -x "$UV" ] && return
  command -v python3 >/dev/null || fail "python3 is missing; install any Python 3.11 or newer first"
  log "installing uv into .devcloud/uv"
  if ! python3 -m venv .devcloud/uv >/dev/null 2>&1; then
    rm -rf .devcloud/uv
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "python3 cannot create virtual environments; run: sudo apt-get install python3-venv"
    log "installing python3-venv (Debian package)"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv; } >/dev/null 2>&1 \
      || fail "apt-get could not install python3-venv"
    python3 -m venv .devcloud/uv
  fi
  .devcloud/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt \
    || fail "pip could not install uv; check that a package index is reachable"
}

# find_python: sets PYTHON to Python 3.13, the version of the Lambda functions, or to 3.11 or newer with a warning.
# Each candidate is run to check its version: version managers put shims on PATH that exist but fail.
find_python() {
  local candidate
  for candidate in python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13; do
    PYTHON=$(command -v "$candidate" || true)
    [ -n "$PYTHON" ] && "$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && return
  done
  log "Python 3.13 not found; uv downloads it"
  if "$UV" python install --quiet 3.13 2>/dev/null; then PYTHON=3.13; return; fi
  PYTHON=$("$UV" python find '>=3.11' 2>/dev/null) || fail "Python 3.11 or newer is missing and could not be downloaded; install Python 3.13"
  log "WARNING: Python 3.13 is not available; using $PYTHON, which differs from the Python on Lambda"
}

# environment FOLDER REQUIREMENTS: creates a virtual environment with exactly these pinned packages.
environment() {
  local folder=$1 requirements=$2 wanted
  wanted=$(fingerprint "$requirements")
  [ "$(cat "$folder/.fingerprint" 2>/dev/null)" = "$wanted" ] && "$folder/bin/python" -c '' 2>/dev/null && return
  find_uv; find_python
  log "installing Python packages into $folder (from $requirements)"
  "$UV" venv --quiet --clear --python "$PYTHON" "$folder" || fail "uv could not create $folder with $PYTHON"
  "$UV" pip sync --quiet --python "$folder/bin/python" --require-hashes --compile-bytecode "$requirements" \
    || fail "uv could not install $requirements; check that a package index is reachable"
  printf '%s' "$wanted" >"$folder/.fingerprint"
}

# node_packages: installs the pinned packages of package.json into node_modules.
node_packages() {
  local wanted
  wanted=$(fingerprint package-lock.json)
  [ "$(cat node_modules/.fingerprint 2>/dev/null)" = "$wanted" ] && return
  log "installing Node packages into node_modules (from package-lock.json)"
  PATH=$PWD/.devcloud/node/bin:$PATH npm ci --silent || fail "npm could not install package-lock.json; check that a package index is reachable"
  printf '%s' "$wanted" >node_modules/.fingerprint
}

environment .venv requirements/dev.txt
for part in "$@"; do
  case $part in
    mariadb) apt_packages mariadbd mariadb-server-core ;;
    # No Debian package has it; the message of devcloud says how to get it.
    tidb) PYTHONPATH=devcloud/src .venv/bin/python -m devcloud.tidb >/dev/null ;;
    faketime) apt_packages faketime faketime ;;
    chromium)
      apt_packages chromium chromium fonts-dejavu-core
      # The Node program of the browser driver is linked to this library.
      library libatomic.so.1 libatomic1 ;;
    sam | checkov) environment ".devcloud/$part" "requirements/$part.txt" ;;
    node)
      environment .devcloud/node requirements/node.txt
      node_packages ;;
    *) fail "unknown part: $part" ;;
  esac
done
