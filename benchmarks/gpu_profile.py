"""Where the time of training steps goes on torch: its operations, the longest first.

    KERAS_BACKEND=torch python -m benchmarks.gpu_profile [--recipe encoder_only]
        [--steps 10] [--results-dir results/benchmarks/gpu]

Writes profile.txt.
"""

import argparse
import sys
from pathlib import Path

import torch

from benchmarks.training_data import made_up
from experiments.recipes import RECIPES
from keras_nmt import kernels
from keras_nmt.compiling import compiled
from keras_nmt.files import write_whole
from keras_nmt.text.batching import TranslationBatches

WARM_UP = 5


def main(argv):
    options = _parser().parse_args(argv)
    kernels.overrule_settings()
    sizes, pairs = made_up()
    recipe = RECIPES[options.recipe]
    model = compiled(recipe, sizes, seed=0)
    batches = TranslationBatches(pairs, **recipe.batch_options(), seed=0)
    on_gpu = torch.cuda.is_available()
    activities = [torch.profiler.ProfilerActivity.CPU]
    if on_gpu:
        activities.append(torch.profiler.ProfilerActivity.CUDA)
    for index in range(WARM_UP):
        model.train_on_batch(*batches[index])
    with torch.profiler.profile(activities=activities) as profile:
        for index in range(options.steps):
            model.train_on_batch(*batches[WARM_UP + index])
    order = "self_cuda_time_total" if on_gpu else "self_cpu_time_total"
    table = profile.key_averages().table(sort_by=order, row_limit=40)
    heading = f"{options.recipe}, {options.steps} steps on {kernels.device()}\n"
    path = write_whole(options.results_dir / "profile.txt", heading + table + "\n")
    print(f"written: {path}")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    add = parser.add_argument
    add("--recipe", default="encoder_only", metavar="NAME")
    add("--steps", type=int, default=10)
    add("--results-dir", type=Path, default=Path("results/benchmarks/gpu"))
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
