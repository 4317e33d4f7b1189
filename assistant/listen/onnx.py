"""A network's file goes in, a quiet session on one thread comes out. The only importer of onnxruntime in listen."""

from pathlib import Path
from typing import Any

from assistant.errors import ModelError, first_line


def session(path: Path) -> Any:
    """An onnxruntime.InferenceSession of *path* on the CPU; ModelError when the file is missing or not ONNX."""
    if not path.is_file():
        raise ModelError(f"{path} does not exist: fetch it anew.")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Our networks are small and run while others work: a second thread would cost more than it helps.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # The arena never gives back what it has once needed.
    options.enable_cpu_mem_arena = False
    # Warnings about a file's graph are for those who made it.
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no base class
        raise ModelError(f"{path} cannot be loaded as an ONNX network: {first_line(error)}; fetch it anew.") from error
