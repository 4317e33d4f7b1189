""".starter/voice/voice.pt -> a voice piper loads: starter.onnx and starter.onnx.json (20 s).

    python voice_export.py .starter/voice ../../voices/starter

The second output is how many frames each phoneme id lasts, as `PiperVoice.synthesize(..., include_alignments=True)`
expects it. The graph must hold no Ceil: piper would take it for those durations of its own models.
"""

import collections
import json
import math
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import torch
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP
from voice_model import BINS, FFT, HOP, RATE, SYMBOLS, Acoustic, Voice
from voice_texts import VOICE

OPSET = 17
BASIS = ("vocoder.cosine", "vocoder.sine")
FORMULA = f"""
basis () => (float[{FFT}, {BINS}] basis_cosine, float[{FFT}, {BINS}] basis_sine) {{
    zero = Constant <value_float = 0.0> ()
    one = Constant <value_float = 1.0> ()
    size = Constant <value_float = {FFT}.0> ()
    bins = Constant <value_float = {BINS}.0> ()
    step = Constant <value_float = {2 * math.pi / FFT!r}> ()
    column = Constant <value_ints = [-1, 1]> ()
    samples = Range (zero, size, one)
    rows = Reshape (samples, column)
    columns = Range (zero, bins, one)
    product = Mul (rows, columns)
    turns = Mod <fmod = 1> (product, size)
    angle = Mul (turns, step)
    basis_cosine = Cos (angle)
    basis_sine = Sin (angle)
}}
"""
SCALES = {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8}  # piper's usual ones
# Sounds that are always trained, and those of other languages that are like them: espeak-ng says foreign names so.
RELATIVES = {
    "ɹ": "rɺɻɽʀʁ",
    "h": "xħɦχʜɧʕʢ",
    "l": "ɫɬɭɮʟʎ",
    "n": "ɲɳɴ",
    "m": "ɱ",
    "ɜ": "øœɞɵɘɤɝ",
    "u": "ʉɯʏ",
    "ɪ": "yɨ",
    "v": "βʋⱱ",
    "ʃ": "ʂɕç",
    "ʒ": "ʐʑ",
    "j": "ʝɥ",
    "ɡ": "gɠɢʛɣ",
    "b": "ɓʙ",
    "d": "ɖɗɟʄ",
    "t": "ʈʦ",
    "k": "cqʡ",
    "w": "ʍɰ",
    "f": "ɸ",
    "ɑ": "ɒ",
    "æ": "ɶ",
    "ɛ": "ε",
    "ː": "ˑ",
}


def main(folder: Path, out: Path) -> None:
    """Write both files and compare onnxruntime's sound with PyTorch's."""
    saved = torch.load(folder / "voice.pt", weights_only=True)
    voice = Voice(Acoustic(), saved["statistics"])
    voice.acoustic.load_state_dict(saved["acoustic"])
    lend(voice.acoustic.embedding.weight.data, set(saved["seen"]))
    path = out / "starter.onnx"
    export(voice.eval(), path)
    path.with_suffix(".onnx.json").write_text(json.dumps(description(), ensure_ascii=False, indent=1) + "\n")
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB, {_difference(voice, path):.1e} off PyTorch at most")


def lend(embedding: torch.Tensor, seen: set[int]) -> None:
    """Give symbols that no training sentence held the sound of a relative, or of nothing (a stress mark's length)."""
    ids = {symbol: numbers[0] for symbol, numbers in DEFAULT_PHONEME_ID_MAP.items()}
    for number in set(range(SYMBOLS)) - seen:
        embedding[number] = 0
    for relative, symbols in RELATIVES.items():
        for number in {ids[symbol] for symbol in symbols} - seen:
            embedding[number] = embedding[ids[relative]]


def export(voice: Voice, path: Path) -> None:
    """Trace the graph for sentences of any length. Nothing is folded, so that the DFT's basis stays a formula."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is the one that keeps the graph as it is written
        torch.onnx.export(
            voice,
            _example(25),
            str(path),
            input_names=["input", "input_lengths", "scales"],
            output_names=["output", "durations"],
            dynamic_axes={"input": {1: "phonemes"}, "output": {3: "time"}, "durations": {1: "phonemes"}},
            opset_version=OPSET,
            do_constant_folding=False,
            dynamo=False,
        )
    model = onnx.load(path)
    put_formula(model.graph)
    onnx.save(model, path)
    counts = collections.Counter(node.op_type for node in model.graph.node)
    assert not counts["Ceil"], "piper would take a Ceil for its own durations"
    onnx.checker.check_model(model)


def put_formula(graph: onnx.GraphProto) -> None:
    """Replace the stored basis of the Fourier transform, 1 MB, by what computes it; onnxruntime does so at loading."""
    kept = [value for value in graph.initializer if value.name not in BASIS]
    assert len(graph.initializer) - len(kept) == len(BASIS)
    del graph.initializer[:]
    graph.initializer.extend(kept)
    nodes = [*onnx.parser.parse_graph(FORMULA).node, *graph.node]
    for node in nodes:
        node.output[:] = [name.replace("basis_", "vocoder.") for name in node.output]
    del graph.node[:]
    graph.node.extend(nodes)


def description() -> dict:
    """What piper wants to know of a voice."""
    return {
        "audio": {"sample_rate": RATE, "quality": "x_low"},
        "espeak": {"voice": VOICE},
        "phoneme_type": "espeak",
        "num_symbols": SYMBOLS,
        "num_speakers": 1,
        "speaker_id_map": {},
        "hop_length": HOP,
        "piper_version": "1.8.0",
        "inference": SCALES,
        "phoneme_id_map": {symbol: ids for symbol, ids in DEFAULT_PHONEME_ID_MAP.items() if len(symbol) == 1},
        "language": {"code": "en_US"},
        "dataset": "starter",
    }


def _example(count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    ids = torch.tensor([[1, *([0, 31, 0, 61, 0, 32] * count), 0, 2]])
    return ids, torch.tensor([ids.shape[1]]), torch.tensor([SCALES[name] for name in SCALES])


def _difference(voice: Voice, path: Path) -> float:
    """Largest difference in a sample, for a length that was not traced."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = _example(3)
    names = ("input", "input_lengths", "scales")
    sound, durations = session.run(None, {name: value.numpy() for name, value in zip(names, given, strict=True)})
    with torch.no_grad():
        expected, frames = voice(*given)
    assert np.allclose(durations, frames.numpy())
    assert round(float(durations.sum()) * HOP) == sound.size
    return float(np.abs(sound - expected.numpy()).max())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
