#!/bin/sh
# safetensors 0.8.0 from numpy: an array whose memory is not in C order, such as a transposed one, is written in
# the order of its memory under the shape that it has, without a word. What comes back has other numbers at every
# place. So whoever saves an array that a `.T`, an SVD or a slice gave makes it contiguous first.
# Exits non-zero where a newer version behaves otherwise.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" --disable-pip-version-check --quiet install safetensors==0.8.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import sys
import numpy as np
from safetensors.numpy import load, save

array = np.arange(6, dtype=np.float32).reshape(2, 3).T
back = load(save({"a": array}))["a"]
whole = load(save({"a": np.ascontiguousarray(array)}))["a"]
print("saved", array.tolist(), "came back", back.tolist(), "made contiguous first", whole.tolist())
sys.exit(not (back.tolist() == [[0, 1], [2, 3], [4, 5]] and np.array_equal(whole, array)))
PYTHON
