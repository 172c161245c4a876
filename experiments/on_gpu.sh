#!/usr/bin/env bash
# Trains the shortlist on one GPU with JAX, within ten minutes, and chooses on validation.
#
#   experiments/on_gpu.sh OUT [FIELD=VALUE ...]
#
# OUT gets a run folder for each entry, its log, and the selection's csv and page. Fields
# are set in every entry. The machine needs no network: KERAS_NMT_DATA names a copy of
# Multi30k, and WHEELS, if set, a folder with wheels of whatever is not installed there.
# PYTHON (python3), SECONDS_EACH (170) and CORPUS (multi30k) may be set, too. An entry that
# is stopped by its time ends with the epochs that it has; the same command again goes on.
set -euo pipefail

out=${1:?give a folder for the results}
shift
python=${PYTHON:-python3}
seconds=${SECONDS_EACH:-170}
corpus=${CORPUS:-multi30k}
export KERAS_BACKEND=${KERAS_BACKEND:-jax} PYTHONPATH="$(cd "$(dirname "$0")/.." && pwd)"
mkdir -p "$out"

if [ -n "${WHEELS:-}" ]; then
    "$python" -m pip install --quiet --no-index --find-links "$WHEELS" \
        keras keras-hub sacrebleu sentencepiece spacy pandas matplotlib filelock langcodes
fi

common=()
for field in "$@"; do
    common+=(--set "$field")
done

# train NAME SEED [--set FIELD=VALUE ...]: the first SECONDS_EACH of an entry.
train() {
    local run="$out/$1" log="$out/$1.log" command
    command=("$python" -m keras_nmt train transformer_256 --corpus "$corpus" --seed "$2"
        --out "$run" "${common[@]}" "${@:3}")
    echo "== $1: $seconds s, log in $log"
    timeout --signal=INT --kill-after=60 "$seconds" "${command[@]}" >>"$log" 2>&1 || true
    if [ -f "$run/scores.json" ]; then
        return
    fi
    local rows
    rows=$(tail -n +2 "$run/epochs.csv" | wc -l)
    if [ "$rows" -eq 0 ]; then
        echo "no epoch within $seconds s; see $log" >&2
        return
    fi
    "${command[@]}" --epochs "$rows" >>"$log" 2>&1
    tail -n 1 "$log"
}

train base 0
train simcut 0 --set consistency=simcut
train sampled 0 --set subword_sampling=0.1

mapfile -t runs < <(dirname "$out"/*/scores.json)
"$python" -m experiments.select "${runs[@]}" --results-dir "$out" --corpus "$corpus"
