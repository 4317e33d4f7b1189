#!/bin/bash
# The starter chat model from nothing: tokenizer, training, export, figures (about 25 minutes on two AVX2 cores).
#   scripts/starter/make_all.sh [WORK_FOLDER]      the Python in $PYTHON has requirements.txt installed
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=${1:-$root/.starter}
python=${PYTHON:-python}
export OMP_WAIT_POLICY=PASSIVE KMP_BLOCKTIME=0  # otherwise torch's threads spin and starve everything else
cd "$root/scripts/starter"
$python chat_tokenizer.py "$work/chat"
$python chat_train.py "$work/chat" --seed 1 --steps 820
$python chat_train.py "$work/chat" --again --seed 2 --steps 1200
$python chat_export.py "$work/chat" "$root/models/starter/chat.gguf"
$python figures.py
$python recordings.py --model "$root/models/starter/whisper"
$python manifest.py --write
