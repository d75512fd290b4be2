#!/usr/bin/env bash
# What some tests take besides Python, on Debian: Chromium, a Chinese font, Node with the packages of
# dashboard/package-lock.json, the built pages, PostgreSQL, promtool, Redis. Where something cannot be had it
# says so and ends well: those tests then skip with a word.
set -uo pipefail
cd "$(dirname "$0")/.."
say() { echo "tools of tests: $*"; }

packages=()
command -v chromium > /dev/null || packages+=(chromium)
[ -n "$(fc-list :lang=zh 2> /dev/null)" ] || packages+=(fonts-wqy-microhei fontconfig)
compgen -G "/usr/lib/postgresql/*/bin/postgres" > /dev/null || packages+=(postgresql)
command -v promtool > /dev/null || packages+=(prometheus)
command -v redis-server > /dev/null || packages+=(redis-server)
command -v npm > /dev/null || packages+=(nodejs npm)
if [ ${#packages[@]} -gt 0 ]; then
  if command -v apt-get > /dev/null && [ "$(id -u)" = 0 ]; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"; } \
      > /dev/null || say "could not install ${packages[*]}"
  else
    say "install ${packages[*]} (this takes root and apt-get)"
  fi
fi
node=$(node -p 'process.versions.node' 2> /dev/null || echo 0)
if [ "$(printf '20.19.0\n%s\n' "$node" | sort -V | head -1)" = 20.19.0 ]; then
  make dashboard > /dev/null || say "the dashboard could not be built"
else
  say "Node 20.19 or later is needed, this is $node: the dashboard is not built"
fi
exit 0
