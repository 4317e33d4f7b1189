"""pipecat with its defaults on our starter models, on the default devices; or the server its language model needs.

    peers_pipecat.py --serve PORT     an OpenAI-like server: llama.cpp and the starter model
    peers_pipecat.py --port PORT      the pipeline: PyAudio, Silero, smart-turn, faster-whisper, that server, Piper
    ... --pace m2-max                 each engine lasts as long as ours does at this pace (assistant/pace.py)

For `peers_gap.py`, which says what has to be installed. Nothing is tuned: where pipecat has a default, it stands.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from assistant.pace import PACES, Pace, lasting
from assistant.settings import SYSTEM

ROOT = Path(__file__).parents[1]


def serve(port: int, pace: Pace) -> None:
    """Stream chat completions, one at a time, until killed."""
    from llama_cpp import Llama

    class Paced(Llama):  # type: ignore[misc]  # llama_cpp has no types
        def eval(self, tokens: Sequence[int]) -> None:
            with lasting(pace.evaluating(len(tokens))):
                super().eval(tokens)

    model = Paced(str(next((ROOT / "models/starter").glob("*.gguf"))), n_ctx=4096, verbose=False)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            for chunk in model.create_chat_completion(asked["messages"], stream=True, temperature=0.0, max_tokens=400):
                self._send(json.dumps(chunk))
            self._send("[DONE]")

        def _send(self, data: str) -> None:
            self.wfile.write(f"data: {data}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Not a word."""

    server = HTTPServer(("127.0.0.1", port), Handler)
    print("serving", flush=True)
    server.serve_forever()


def slow_down(pace: Pace) -> None:
    """Let the recogniser and the voice last as long as *pace* says, in this process."""
    from faster_whisper import WhisperModel
    from piper import PiperVoice

    transcribe, synthesize = WhisperModel.transcribe, PiperVoice.synthesize

    def heard(*given: Any, **more: Any) -> tuple[list[Any], Any]:
        with lasting(pace.hearing):
            segments, about = transcribe(*given, **more)
            return list(segments), about

    def spoken(*given: Any, **more: Any) -> Iterator[Any]:
        with lasting(pace.speaking):
            chunks = list(synthesize(*given, **more))
        yield from chunks

    WhisperModel.transcribe, PiperVoice.synthesize = heard, spoken


async def talk(port: int) -> None:
    """The pipeline of pipecat's quick start, with local services."""
    from pipecat.audio.vad.silero import SileroVADAnalyzer
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineWorker
    from pipecat.processors.aggregators.llm_context import LLMContext
    from pipecat.processors.aggregators.llm_response_universal import (
        LLMContextAggregatorPair,
        LLMUserAggregatorParams,
    )
    from pipecat.services.openai.llm import OpenAILLMService
    from pipecat.services.piper.tts import PiperTTSService
    from pipecat.services.whisper.stt import WhisperSTTService
    from pipecat.transports.local.audio import LocalAudioTransport, LocalAudioTransportParams
    from pipecat.workers.runner import WorkerRunner

    transport = LocalAudioTransport(LocalAudioTransportParams(audio_in_enabled=True, audio_out_enabled=True))
    context: Any = LLMContext([{"role": "system", "content": SYSTEM}])
    turns = LLMContextAggregatorPair(context, user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer()))
    voice = next((ROOT / "voices/starter").glob("*.onnx"))
    pipeline = Pipeline(
        [
            transport.input(),
            WhisperSTTService(settings=WhisperSTTService.Settings(model=str(whisper()))),
            turns.user(),
            OpenAILLMService(base_url=f"http://127.0.0.1:{port}/v1", api_key="none"),
            PiperTTSService(download_dir=voice.parent, settings=PiperTTSService.Settings(voice=voice.stem)),
            transport.output(),
            turns.assistant(),
        ]
    )
    worker = PipelineWorker(pipeline)

    @worker.event_handler("on_pipeline_started")
    async def _started(*_: object) -> None:
        print("listening", flush=True)

    await WorkerRunner().run(worker)


def whisper() -> Path:
    """The folder of the starter's recogniser."""
    return next((ROOT / "models/starter").rglob("model.bin")).parent


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", type=int, metavar="PORT")
    parser.add_argument("--port", type=int)
    parser.add_argument("--pace", choices=PACES, default="own")
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve, PACES[chosen.pace])
    else:
        slow_down(PACES[chosen.pace])
        asyncio.run(talk(chosen.port))
