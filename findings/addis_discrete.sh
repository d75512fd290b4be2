#!/bin/sh
# ADDIS of online-fdr 1.0.0 on p-values that are valid and discrete, without anything to discover.
# P(p <= x) <= x for every x: a p-value is 0.002 in two of 1,000 tests and 1 in all others. Yet ADDIS at
# 5 % "discovers" something in nearly every run of 3,000 tests, LORD++ and SAFFRON in none or next to none.
# ADDIS discards p-values above tau as if the rest were uniform below it; of counts the rest are not.
# So ADDIS takes p-values that were made uniform (a draw between two neighbours), never those of counts.
# Exits non-zero where a newer version behaves otherwise.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" --disable-pip-version-check --quiet install online-fdr==1.0.0 numpy==2.4.6 scipy==1.17.1
"$folder/env/bin/python" - <<'PYTHON'
import sys
import numpy as np
from online_fdr.p_values.investing.addis.addis import Addis
from online_fdr.p_values.investing.lord.plus_plus import LordPlusPlus
from online_fdr.p_values.investing.saffron.saffron import Saffron

dice, runs, tests = np.random.default_rng(1), 40, 3000
methods = {
    "ADDIS": lambda: Addis(0.05, 0.025, 0.25, 0.5),
    "LORD++": lambda: LordPlusPlus(0.05, 0.025),
    "SAFFRON": lambda: Saffron(0.05, 0.025, 0.5),
}
wrong = dict.fromkeys(methods, 0)
for _ in range(runs):
    p = np.where(dice.random(tests) < 0.002, 0.002, 1.0)
    for name, method in methods.items():
        judge = method()
        wrong[name] += any([judge.test_one(float(value)) for value in p])
print({name: f"{number} of {runs} runs" for name, number in wrong.items()}, "with a false discovery; 2 are allowed")
sys.exit(not (wrong["ADDIS"] > 30 and wrong["LORD++"] <= 4 and wrong["SAFFRON"] <= 4))
PYTHON
