#!/usr/bin/env bash
# Brings this machine to where the project can run: the Python environment in .venv, and whichever of
# `mariadb`, `chromium`, `faketime`, `sam` and `checkov` are named as arguments. Says what it installs; does nothing twice.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'prepare: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }

# apt_packages PROGRAM PACKAGE...: makes PROGRAM available through Debian's packages.
apt_packages() {
  local program=$1; shift
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null && return
  install_debian_packages "$program" "$@"
}

# install_debian_packages MISSING PACKAGE...: MISSING is what the reader is told is not there.
install_debian_packages() {
  local missing=$1; shift
  [ "$(id -u)" = 0 ] || fail "$missing is missing and this is not root; run: sudo apt-get install --no-install-recommends $*"
  command -v apt-get >/dev/null || fail "$missing is missing and there is no apt-get here; install it by hand (Debian calls it: $*)"
  say "installing $* (Debian packages)"
  local log; log=$(mktemp)
  if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 5 "$log" >&2
    fail "apt-get could not install $*; the lines above say why"
  fi
  rm -f "$log"
}

# library FILE PACKAGE: makes the shared library FILE available through a Debian package.
library() {
  local libraries
  libraries=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p) || return 0  # without ldconfig nothing can be checked
  grep -qF "$1" <<<"$libraries" && return
  install_debian_packages "$1" "$2"
}

# uv is taken from PATH, or installed into an environment of its own with any Python 3.
find_uv() {
  UV=$(command -v uv || true)
  [ -n "$UV" ] && return
  UV=$PWD/.devcloud/uv/bin/uv
  [ -x "$UV" ] && return
  command -v python3 >/dev/null || fail "python3 is missing; install any Python 3.11 or newer first"
  say "installing uv into .devcloud/uv"
  if ! python3 -m venv .devcloud/uv >/dev/null 2>&1; then
    rm -rf .devcloud/uv
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "python3 cannot make virtual environments; run: sudo apt-get install python3-venv"
    say "installing python3-venv (Debian package)"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv; } >/dev/null 2>&1 \
      || fail "apt-get could not install python3-venv"
    python3 -m venv .devcloud/uv
  fi
  .devcloud/uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt \
    || fail "pip could not install uv; is a package index reachable?"
}

# The Lambda functions run on Python 3.13; anything from 3.11 on is tolerated here, with a warning.
# A candidate is asked for its version because version managers put shims on PATH that only fail.
find_python() {
  local candidate
  for candidate in python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13; do
    PYTHON=$(command -v "$candidate" || true)
    [ -n "$PYTHON" ] && "$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null && return
  done
  say "no Python 3.13 found; asking uv for one"
  if "$UV" python install --quiet 3.13 2>/dev/null; then PYTHON=3.13; return; fi
  PYTHON=$("$UV" python find '>=3.11' 2>/dev/null) || fail "no Python 3.11 or newer found and none could be downloaded; install Python 3.13"
  say "WARNING: Python 3.13 could not be had; using $PYTHON, which is not what Lambda runs"
}

# environment FOLDER REQUIREMENTS: a virtual environment holding exactly these pins.
environment() {
  local folder=$1 requirements=$2 wanted
  wanted=$(fingerprint "$requirements")
  [ "$(cat "$folder/.fingerprint" 2>/dev/null)" = "$wanted" ] && "$folder/bin/python" -c '' 2>/dev/null && return
  find_uv; find_python
  say "installing Python packages into $folder (from $requirements)"
  "$UV" venv --quiet --clear --python "$PYTHON" "$folder" || fail "uv could not make $folder with $PYTHON"
  "$UV" pip sync --quiet --python "$folder/bin/python" --require-hashes --compile-bytecode "$requirements" \
    || fail "uv could not install $requirements; is a package index reachable?"
  printf '%s' "$wanted" >"$folder/.fingerprint"
}

environment .venv requirements/dev.txt
for part in "$@"; do
  case $part in
    mariadb) apt_packages mariadbd mariadb-server-core ;;
    faketime) apt_packages faketime faketime ;;
    chromium)
      apt_packages chromium chromium fonts-dejavu-core
      # The browser driver's Node is linked against it.
      library libatomic.so.1 libatomic1 ;;
    sam | checkov) environment ".devcloud/$part" "requirements/$part.txt" ;;
    *) fail "unknown part: $part" ;;
  esac
done
