#!/usr/bin/env bash
# What a newcomer waits for on this machine: a fresh clone of the last commit, `npm ci` with an
# empty cache, and the first answer. Prints one table; leaves nothing behind.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# As root, Postgres runs as another user, who has to pass through here.
chmod 711 "$work"

# The newcomer has neither this checkout's programs nor what `npm run` has set for this script.
PATH=$(printf %s "$PATH" | tr : '\n' | grep -v node_modules | paste -sd : -)
unset INIT_CWD NODE npm_config_loglevel npm_config_local_prefix npm_command npm_execpath npm_node_execpath
unset ${!npm_package_@} ${!npm_lifecycle_@} ${!ALDIS_@}
export npm_config_cache=$work/npm npm_config_update_notifier=false
export ALDIS_DATA_DIR=$work/data ALDIS_API_ADDRESS=127.0.0.1:0

now() { node -p 'Date.now()'; }
seconds() { node -p "($1 / 1000).toFixed(1)"; }
row() { printf '| %-42s | %7s |\n' "$1" "$2"; }

# Sets `answered` to the time of the answer; waits until `npm start` has ended.
ask() {
  answered=
  while IFS= read -r line; do
    if [ "$line" = hello ]; then answered=$(now); fi
  done < <(printf '!echo hello\n' | npm start 2>"$work/said" || echo "exit code $?" >>"$work/said")
  if [ -z "$answered" ]; then
    echo "first-answer: no answer; npm start said:" >&2
    cat "$work/said" >&2
    exit 1
  fi
}

began=$(now)
git clone --quiet --no-hardlinks "$source" "$work/aldis"
cd "$work/aldis"
cloned=$(now)
if ! npm ci >"$work/said" 2>&1; then
  echo "first-answer: npm ci failed:" >&2
  cat "$work/said" >&2
  exit 1
fi
installed=$(now)
ask
first=$answered
again=$(now)
ask

echo "Node $(node --version), npm $(npm --version), $(getconf _NPROCESSORS_ONLN) processors, $(uname -sm), commit $(git rev-parse --short HEAD)"
echo
row "step" "seconds"
echo "|--------------------------------------------|--------:|"
row "git clone" "$(seconds $((cloned - began)))"
row "npm ci, empty cache" "$(seconds $((installed - cloned)))"
row "npm start to the first answer" "$(seconds $((first - installed)))"
row "**clone to first answer**" "$(seconds $((first - began)))"
row "npm start to an answer, from then on" "$(seconds $((answered - again)))"
