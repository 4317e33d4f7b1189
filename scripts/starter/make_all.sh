#!/bin/bash
# The starter models from nothing: data, training, export, figures (an estimated 2 hours on one core with avx512_bf16).
#   scripts/starter/make_all.sh [WORK_FOLDER]      the Python in $PYTHON has requirements.lock installed
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$root/.starter}
python=${PYTHON:-python}
export OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE KMP_BLOCKTIME=0 # otherwise torch's threads spin and starve all else
cd "$root/scripts/starter"
mkdir -p "$work"

$python chat_tokenizer.py "$work/chat"
for stage in 1 2 3 4; do
    $python chat_train.py "$work/chat" --stage $stage
done
$python chat_export.py "$work/chat" "$root/models/starter/chat.gguf"

$python stt_tokenizer.py "$work/stt"
for seed in 101 102 103 104 105 106; do
    $python stt_data.py "$work/stt/$seed.pkl" --seed $seed --flite 0.3
done
for seed in 201 202 203 204; do
    $python stt_data.py "$work/stt/$seed.pkl" --seed $seed --flite 0.5
done
for stage in 1 2 3 4 5; do
    $python stt_train.py "$work/stt" --stage $stage
done
$python stt_export.py "$work/stt" listener5.pt "$root/models/starter/whisper"

$python voice_data.py "$work/voice"
$python voice_train.py "$work/voice"
$python voice_export.py "$work/voice" "$root/voices/starter"

$python recordings.py --model "$root/models/starter/whisper"
$python figures.py
$python manifest.py --write
