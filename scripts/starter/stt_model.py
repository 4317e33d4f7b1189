"""Features (batch, 80, frames) -> encoder states, next-word scores, phoneme scores: the Whisper that is trained here.

4 + 2 layers 192 wide, 4 M parameters. Everything is Hugging Face's Whisper but the encoder's forward pass, which takes
any even number of frames, and the phoneme head, which is dropped at export.
"""

import torch
from stt_tokenizer import BLANK, END, NO_TIMESTAMPS, START, TIMESTAMPS
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from transformers import WhisperConfig, WhisperForConditionalGeneration

WIDTH, ENCODER_LAYERS, DECODER_LAYERS = 192, 4, 2
HEADS = WIDTH // 64
MOST_PHONEMES = 160


class Listener(nn.Module):
    """A Whisper and, while it learns, a head that names the phoneme of every encoder frame."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.whisper = WhisperForConditionalGeneration(config(tokenizer))
        self.whisper.model.encoder.embed_positions.requires_grad_(False)  # sinusoids, as in every Whisper
        self.phoneme_head = nn.Linear(WIDTH, MOST_PHONEMES)

    def forward(self, features: torch.Tensor, tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Scores (batch, tokens, vocabulary), (batch, frames / 2, phonemes), cross-attention of the last layer.

        The attention is the mean over heads: (batch, tokens, frames / 2), each row summing to one.
        """
        states = self.encode(features)
        decoded = self.whisper.model.decoder(
            input_ids=tokens, encoder_hidden_states=states, use_cache=False, output_attentions=True
        )
        words = self.whisper.proj_out(decoded.last_hidden_state).float()
        return words, self.phoneme_head(states).float(), decoded.cross_attentions[-1].float().mean(1)

    def encode(self, features: torch.Tensor) -> torch.Tensor:
        """(batch, 80, frames) -> (batch, frames / 2, width); Hugging Face's own insists on 3000 frames."""
        encoder = self.whisper.model.encoder
        states = functional.gelu(encoder.conv2(functional.gelu(encoder.conv1(features)))).transpose(1, 2)
        states = states + encoder.embed_positions.weight[: states.shape[1]]
        for layer in encoder.layers:
            states = states + _attended(layer.self_attn, layer.self_attn_layer_norm(states))
            widened = functional.gelu(layer.fc1(layer.final_layer_norm(states)))
            states = states + layer.fc2(widened)
        return encoder.layer_norm(states)


def config(tokenizer: Tokenizer) -> WhisperConfig:
    """No dropout: nothing is heard often enough to be learnt by heart, and it is slow on a CPU."""
    end = tokenizer.token_to_id(END)
    made = WhisperConfig(
        vocab_size=tokenizer.token_to_id(NO_TIMESTAMPS) + 1 + TIMESTAMPS,
        num_mel_bins=80,
        d_model=WIDTH,
        encoder_layers=ENCODER_LAYERS,
        decoder_layers=DECODER_LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=4 * WIDTH,
        decoder_ffn_dim=4 * WIDTH,
        max_source_positions=1500,
        max_target_positions=448,
        dropout=0.0,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=tokenizer.token_to_id(START),
        suppress_tokens=None,
        begin_suppress_tokens=[tokenizer.token_to_id(BLANK), end],
    )
    made._attn_implementation = "eager"  # noqa: SLF001 - the others do not hand out cross-attention
    return made


def _attended(attention: nn.Module, states: torch.Tensor) -> torch.Tensor:
    batch, frames, width = states.shape
    query, key, value = (
        project(states).view(batch, frames, HEADS, width // HEADS).transpose(1, 2)
        for project in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    # Written out: torch's fused attention takes three times as long in bfloat16 on a CPU.
    weights = (query @ key.transpose(-1, -2) / 8).softmax(-1)  # 8 is the square root of a head's 64
    return attention.out_proj((weights @ value).transpose(1, 2).reshape(batch, frames, width))
