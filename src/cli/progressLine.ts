import type { PreprocessProgress } from "../protocol/preprocessOptions.js";

/** For instance "tokens: 12,000 of 20,000 cells, 9,500 cells/s, 1 s left". */
export function progressLine({
  stage,
  cellsDone,
  cells,
  cellsPerSecond,
  secondsLeft,
}: PreprocessProgress): string {
  const whole = (value: number) => Math.round(value).toLocaleString("en-US");
  return `${stage}: ${whole(cellsDone)} of ${whole(cells)} cells, ${whole(cellsPerSecond)} cells/s, ${whole(Math.ceil(secondsLeft))} s left`;
}
