import { cudaCard } from "../runtime/cudaDriver.js";
import { CellkernelError } from "../support/error.js";

/** A library of CUDA's that finds no room says many things; so little free memory is what tells. */
const NO_ROOM = 256e6;

/**
 * Whether onnxruntime, CUDA or a library of CUDA's failed because the device's memory is full.
 * @param card the GPU as it is now
 */
export function isOutOfMemory(error: unknown, card = cudaCard): boolean {
  if (!(error instanceof Error)) return false;
  if (/allocate memory|out of memory|OUT_OF_MEMORY|resource allocation failed/i.test(error.message))
    return true;
  return /CUBLAS|CUDNN|CUDA/.test(error.message) && (card()?.free ?? Number.POSITIVE_INFINITY) < NO_ROOM;
}

/** What to tell the user of memory that was too small for one cell, or even for the model; other errors as they are. */
export function memoryIsFull(error: unknown): unknown {
  if (!isOutOfMemory(error)) return error;
  const card = cudaCard();
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  const there = card
    ? ` of the ${card.name}: ${gigabytes(card.free)} of its ${gigabytes(card.total)} are free`
    : "";
  return new CellkernelError(
    "memory",
    `The model does not fit in the memory${there}. End other programs that use the GPU (nvidia-smi names them), ` +
      'set maxSeqLen lower, or train on the CPU (device: "cpu").',
    { free: card?.free },
  );
}
