""".starter/chat (tokenizer.json, model.safetensors) -> one GGUF that llama.cpp loads (5 s).

python chat_export.py .starter/chat models/starter/chat.gguf
"""

import json
import sys
from pathlib import Path

import chat_format
import gguf
import numpy as np
import torch
from transformers import LlamaForCausalLM

TENSORS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def main(folder: Path, out: Path) -> None:
    """Write header, tokenizer, template and float32 weights (8 MB; smaller types gain nothing at this size)."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    writer = gguf.GGUFWriter(str(out), "llama")
    _header(writer, model.config)
    _tokenizer(writer, tokenizer)
    _weights(writer, model)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


def _header(writer: gguf.GGUFWriter, config: object) -> None:
    writer.add_name("starter")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(config.vocab_size)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)


def _tokenizer(writer: gguf.GGUFWriter, tokenizer: dict) -> None:
    """GPT-2 style tokens; the markers are CONTROL, so they never appear in the text llama.cpp streams."""
    ids = tokenizer["model"]["vocab"]
    tokens = sorted(ids, key=ids.get)
    markers = set(chat_format.MARKERS)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.CONTROL if t in markers else gguf.TokenType.NORMAL for t in tokens])
    writer.add_token_merges(
        [merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]]
    )
    writer.add_bos_token_id(chat_format.BEGIN)
    writer.add_eos_token_id(chat_format.END)
    writer.add_unk_token_id(chat_format.UNKNOWN)
    writer.add_pad_token_id(chat_format.PAD)
    writer.add_add_bos_token(True)
    writer.add_chat_template(chat_format.TEMPLATE)


def _weights(writer: gguf.GGUFWriter, model: LlamaForCausalLM) -> None:
    state = {name: tensor.numpy().astype(np.float32) for name, tensor in model.state_dict().items()}
    heads = model.config.num_attention_heads
    writer.add_tensor("token_embd.weight", state["model.embed_tokens.weight"])
    writer.add_tensor("output_norm.weight", state["model.norm.weight"])
    for layer in range(model.config.num_hidden_layers):
        for ours, theirs in TENSORS.items():
            weight = state[f"model.layers.{layer}.{ours}.weight"]
            if theirs in ("attn_q", "attn_k"):
                weight = _interleaved(weight, heads)
            writer.add_tensor(f"blk.{layer}.{theirs}.weight", weight)


def _interleaved(weight: np.ndarray, heads: int) -> np.ndarray:
    """Rotary halves (transformers) to rotary pairs (llama.cpp)."""
    rows, columns = weight.shape
    paired = weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2)
    return np.ascontiguousarray(paired.reshape(rows, columns))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
