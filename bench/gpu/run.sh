#!/bin/sh
# Unpacks the benchmark that lies beside this file and runs it: sh run.sh [options of `bench -- gpu`]. Needs a driver of
# NVIDIA, and a Python (PYTHON, else python3) with PyTorch for CUDA 13, whose CUDA libraries are used; no network.
# CELLKERNEL_BENCH names the folder to unpack into, which then stays; else a temporary one is used.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-python3}
if [ -n "${CELLKERNEL_BENCH:-}" ]; then
  home=$CELLKERNEL_BENCH
  mkdir -p "$home"
else
  home=$(mktemp -d)
  trap 'rm -rf "$home"' EXIT
fi
cat "$here"/piece.* | "$PYTHON" -c '
import sys, tarfile
tarfile.open(fileobj=sys.stdin.buffer, mode="r|xz").extractall(sys.argv[1])' "$home"
cd "$home"
export PYTHON CELLKERNEL_CUDA="$home/node_modules/onnxruntime-node/bin/napi-v6/linux/x64${CELLKERNEL_CUDA:+:$CELLKERNEL_CUDA}"
./node dist/bench/main.js gpu --lengths lengths.json "$@"
