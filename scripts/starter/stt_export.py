"""listener.pt and tokenizer.json -> a CTranslate2 int8 folder that faster_whisper.WhisperModel loads (10 s, 5 MB).

python stt_export.py .starter/stt listener2.pt models/starter/whisper
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import stt_model
import torch
from ctranslate2.converters import TransformersConverter
from stt_tokenizer import BLANK, END
from tokenizers import Tokenizer
from transformers import WhisperForConditionalGeneration

PREPROCESSOR = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 80,
    "sampling_rate": 16000,
    "hop_length": 160,
    "chunk_length": 30,
    "n_fft": 400,
    "n_samples": 480000,
    "nb_max_frames": 3000,
    "padding_value": 0.0,
    "return_attention_mask": False,
}
TOKENIZER = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": END,
    "eos_token": END,
    "unk_token": END,
    "model_max_length": 1024,
}
COPIED = ["tokenizer.json", "preprocessor_config.json"]


def main(folder: Path, weights: str, out: Path) -> None:
    """Drop the phoneme head, write what Hugging Face would, and have CTranslate2 convert that."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    listener = stt_model.Listener(tokenizer)
    listener.load_state_dict(torch.load(folder / weights)["weights"])
    with tempfile.TemporaryDirectory() as name:
        passing = Path(name)
        _for_generation(listener.whisper, tokenizer)
        listener.whisper.save_pretrained(passing)
        shutil.copy(folder / "tokenizer.json", passing)
        (passing / "tokenizer_config.json").write_text(json.dumps(TOKENIZER))
        (passing / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR))
        TransformersConverter(name, copy_files=COPIED).convert(str(out), quantization="int8", force=True)
    print(f"{out}: {sum(path.stat().st_size for path in out.iterdir()) / 1e6:.1f} MB")


def _for_generation(whisper: WhisperForConditionalGeneration, tokenizer: Tokenizer) -> None:
    """What the converter reads besides the weights; a transcript begins neither with a bare space nor with its end."""
    wanted = whisper.generation_config
    wanted.suppress_tokens = []
    wanted.begin_suppress_tokens = [tokenizer.token_to_id(BLANK), tokenizer.token_to_id(END)]
    last = stt_model.DECODER_LAYERS - 1  # the layer whose attention was drawn to each word's time
    wanted.alignment_heads = [[last, head] for head in range(stt_model.HEADS)]
    for name in ("forced_decoder_ids", "max_length"):
        if hasattr(wanted, name):
            setattr(wanted, name, None)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
