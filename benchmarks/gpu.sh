#!/usr/bin/env bash
# What a GPU brings, in at most eight minutes: parity, training, decoding, memory.
#
#   benchmarks/gpu.sh [OUT]
#
# OUT is results/benchmarks/gpu. The machine needs one NVIDIA GPU, JAX and torch, and no
# network: WHEELS, if set, names a folder with wheels of whatever is not installed there.
# Text is made up unless KERAS_NMT_DATA names a copy of Multi30k. RUN is a trained
# full_transformer to decode with; without it one is trained for three epochs. Smaller
# than usual, and then on a CPU, too: RECIPES, PRECISIONS, ROUNDS, STEPS, PARITY_STEPS.
# PYTHON is python3. SLOWER (1) multiplies all times, for a try without a GPU. Each part
# ends after a time of its own, and what it has written by then stays; TOTAL (470)
# seconds end all of them.
set -uo pipefail

out=${1:-results/benchmarks/gpu}
python=${PYTHON:-python3}
slower=${SLOWER:-1}
total=$((${TOTAL:-470} * slower))
cd "$(dirname "$0")/.." || exit 2
export PYTHONPATH="$PWD" TF_CPP_MIN_LOG_LEVEL=3 XLA_PYTHON_CLIENT_PREALLOCATE=false
mkdir -p "$out"

# part NAME SECONDS COMMAND...: within its own time and that of all.
part() {
    local name=$1 limit=$(($2 * slower)) log="$out/$1.log" left=$((total - SECONDS)) code=0
    shift 2
    if [ "$left" -lt 5 ]; then
        echo "== $name: left out, the time is over"
        return
    fi
    [ "$limit" -gt "$left" ] && limit=$left
    echo "== $name: at most $limit s, log in $log"
    timeout --signal=TERM --kill-after=5 "$limit" "$@" >"$log" 2>&1 || code=$?
    tail -n 12 "$log"
    echo "== $name: ended with $code after $SECONDS s of all"
}

if [ -n "${WHEELS:-}" ]; then
    part wheels 60 "$python" -m pip install --quiet --no-index --find-links "$WHEELS" \
        keras keras-hub sacrebleu sentencepiece spacy pandas matplotlib filelock \
        langcodes tqdm
fi
part machine 20 bash -c "nvidia-smi || true; '$python' -m pip freeze | \
    grep -i -E '^(jax|torch|keras|triton|nvidia)' || true"
part parity 80 "$python" -m benchmarks.gpu_parity --steps "${PARITY_STEPS:-20}" \
    --results-dir "$out"
part training 230 "$python" -m benchmarks.gpu_training --results-dir "$out" \
    --rounds "${ROUNDS:-5}" --steps "${STEPS:-30}" ${RECIPES:+--recipes "$RECIPES"} \
    ${PRECISIONS:+--precisions "$PRECISIONS"}
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
run=${RUN:-$runs/captions/full_transformer/jax-seed0}
if [ -z "${RUN:-}" ]; then
    part run_to_decode 50 env KERAS_BACKEND=jax "$python" -m experiments.train \
        full_transformer --corpus captions --epochs 3 --runs-dir "$runs"
fi
part decoding 80 "$python" -m benchmarks.decoding "$run" --backends jax,torch \
    --rounds "${ROUNDS:-5}" --starts 1 --results-dir "$out"
part profile 30 env KERAS_BACKEND=torch "$python" -m benchmarks.gpu_profile \
    --results-dir "$out"
