/**
 * PyTorch's StepLR, stepped once an epoch: the rate falls by `ratio` every `interval` epochs.
 * @param epoch 1 for the first
 */
export function stepLearningRate(lr: number, ratio: number, interval: number, epoch: number): number {
  return lr * ratio ** Math.floor((epoch - 1) / interval);
}
