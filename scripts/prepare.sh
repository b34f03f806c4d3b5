#!/usr/bin/env bash
# Installs the tools of the project: the Python environment .venv, and those of `mariadb`, `chromium`, `faketime`,
# `sam`, `checkov` and `node` that are given as arguments. For `tidb` it only looks for a server. It logs each installation and skips tools that are present.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log() { printf 'prepare: %s\n' "$*" >&2; }
fail() { log "$*"; exit 1; }
# macOS before 15 has shasum only.
fingerprint() { cat "$@" | { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; } | cut -d' ' -f1; }

# Debian packages to install, and the programs and libraries that miss them.
packages=() missing=()

# need PROGRAM PACKAGE...: notes the Debian packages if PROGRAM is missing. Homebrew has a folder of its own for MariaDB.
need() {
  PATH=$PATH:/usr/sbin:/opt/homebrew/opt/mariadb/bin:/usr/local/opt/mariadb/bin command -v "$1" >/dev/null && return
  missing+=("$1"); packages+=("${@:2}")
}

# need_library FILE PACKAGE: notes the Debian package if the shared library FILE is missing.
need_library() {
  local libraries
  libraries=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2>/dev/null) || return 0  # without ldconfig nothing can be checked
  grep -qF "$1" <<<"$libraries" && return
  missing+=("$1"); packages+=("$2")
}

# install_debian_packages: installs all noted packages at once, or names them all in one sentence.
install_debian_packages() {
  [ ${#packages[@]} = 0 ] && return
  local names=${missing[*]} are="is missing"
  [ ${#missing[@]} = 1 ] || { names=$(printf '%s, ' "${missing[@]}"); names=${names%, }; are="are missing"; }
  command -v apt-get >/dev/null || fail "$names $are, and this system has no apt-get; install by hand (Debian packages: ${packages[*]})"
  [ "$(id -u)" = 0 ] || fail "$names $are, and only root can install; run: sudo apt-get install --no-install-recommends ${packages[*]}"
  log "installing ${packages[*]} (Debian packages)"
  local output; output=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}"; } >"$output" 2>&1; then
    tail -n 5 "$output" >&2
    fail "apt-get could not install ${packages[*]}; the lines above have the reason"
  fi
  rm -f "$output"
}

# prefer_headless_shell: tries to install it beside an installed chromium, which takes its place if that fails.
prefer_headless_shell() {
  command -v chromium-headless-shell >/dev/null || ! command -v chromium >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  log "installing chromium-headless-shell (Debian package)"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium-headless-shell; } \
    >/dev/null 2>&1 || log "chromium-headless-shell cannot be installed; the tests use chromium"
}

# find_uv: sets UV to the uv of PATH, or installs uv into its own environment with any Python 3.
find_uv() {
  UV=$(command -v uv || true)
  [ -n "$UV" ] && return
  UV=$PWD/.devcloud/uv/bin/uv
  [ -x "$UV" ] && return
  command -v python3 >/dev/null || fail "python3 is missing; install any Python 3.11 or newer first"
  log "installing uv into .devcloud/uv"
  python3 -m venv .devcloud/uv >/dev/null || fail "python3 could not create a virtual environment in .devcloud/uv"
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

# is_current FOLDER REQUIREMENTS: tells whether the environment has these packages and works.
is_current() {
  [ "$(cat "$1/.fingerprint" 2>/dev/null)" = "$(fingerprint "$2")" ] && "$1/bin/python" -c '' 2>/dev/null
}

# environment FOLDER REQUIREMENTS: creates a virtual environment with exactly these pinned packages.
environment() {
  local folder=$1 requirements=$2
  is_current "$folder" "$requirements" && return
  find_uv; find_python
  log "installing Python packages into $folder (from $requirements)"
  "$UV" venv --quiet --clear --python "$PYTHON" "$folder" || fail "uv could not create $folder with $PYTHON"
  "$UV" pip sync --quiet --python "$folder/bin/python" --require-hashes --compile-bytecode "$requirements" \
    || fail "uv could not install $requirements; check that a package index is reachable"
  fingerprint "$requirements" >"$folder/.fingerprint"
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

# All Debian packages come first, so that a user without root learns of all of them at once.
for part in "$@"; do
  case $part in
    mariadb) need mariadbd mariadb-server-core ;;
    faketime) need faketime faketime ;;
    chromium)
      # The headless shell is the same engine without the windows of a browser: a page takes a seventh of the CPU time.
      # An installed chromium will do as well.
      command -v chromium >/dev/null || need chromium-headless-shell chromium-headless-shell fonts-dejavu-core
      prefer_headless_shell
      # The Node program of the browser driver is linked to this library.
      need_library libatomic.so.1 libatomic1 ;;
  esac
done
# Debian's python3 cannot create virtual environments without this package. Only the first uv needs one.
if ! is_current .venv requirements/dev.txt && ! command -v uv >/dev/null && [ ! -x .devcloud/uv/bin/uv ] \
  && command -v python3 >/dev/null && ! python3 -c 'import ensurepip' 2>/dev/null; then
  missing+=("venv of python3"); packages+=(python3-venv)
fi
install_debian_packages

environment .venv requirements/dev.txt
for part in "$@"; do
  case $part in
    mariadb | faketime | chromium) ;;  # a Debian package, see above
    # No Debian package has it; the message of devcloud says how to get it.
    tidb) PYTHONPATH=devcloud/src .venv/bin/python -m devcloud.tidb >/dev/null ;;
    sam | checkov) environment ".devcloud/$part" "requirements/$part.txt" ;;
    node)
      environment .devcloud/node requirements/node.txt
      node_packages ;;
    *) fail "unknown part: $part" ;;
  esac
done
