#!/usr/bin/env bash
# Puts a bundle in the place of the shipped one, and measures anew what ships beside it:
#     scripts/ship_bundle.sh RUN/bundle FOLDER     (FOLDER: the data sets, as --root takes them)
# About half an hour on one core. What changed is then told by `git diff --stat src`; the figures that it
# prints belong into docs/experiments.md, README.md and their Chinese pages.
set -euo pipefail
[ $# -eq 2 ] || { echo "scripts/ship_bundle.sh RUN/bundle FOLDER"; exit 2; }
bundle=$(realpath "$1") root=$(realpath "$2")
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}
export PYTHONPATH=src
assets=src/guandian/assets
shipped=$assets/bundles/guandian-small
name=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["name"])' "$bundle/manifest.json")
[ "$name" = guandian-small ] || { echo "$bundle is $name: train it as guandian-small"; exit 1; }

rm -f "$shipped"/*
cp "$bundle"/* "$shipped"/
"$python" bench/threshold.py --root "$root" --bundle "$shipped"
"$python" bench/aspects.py --learn
"$python" bench/confidence.py unlike --root "$root" --write $assets/familiarity/guandian-small.safetensors
"$python" bench/confidence.py shares --root "$root" --write $shipped/manifest.json
# No command writes into the package that it runs from.
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$python" -m guandian promise guandian-small "$root/guandian_wide" -o "$fresh/promises.json"
"$python" -m guandian assist train --dialogues "$root/stc3_helpdesk_zh/train_cn.json.gz" -o "$fresh/helpdesk"
mv "$fresh/promises.json" $assets/promises/guandian-small.json
mv "$fresh"/helpdesk/* $assets/dialogues/helpdesk/
"$python" bench/net.py --root "$root"
"$python" bench/card.py --root "$root"
"$python" bench/accuracy.py --root "$root"
