"""Set before any test module imports a backend: less talk, faster tiny programs.

What is set here holds in the processes that tests start, too.
"""

import os
import shutil
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Many small programs, each compiled for one or two runs. XLA needs a fifth of the time
# for a recurrent training, and code is not made as it is by default.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
    "--xla_cpu_parallel_codegen_split_count=1 --xla_cpu_use_fusion_emitters=false",
)
# A model that several tests train is compiled by JAX for the first of them alone.
COMPILED = tempfile.mkdtemp(prefix="keras_nmt_compiled_")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", COMPILED)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.05")


def pytest_unconfigure():
    shutil.rmtree(COMPILED, ignore_errors=True)
