import { duration } from "../views/contract.js";

/**
 * Lines of progress of a share, with the time that is left by the speed so far: "40 % of the cells labelled, about 12 s left".
 * @param what is done to the cells
 */
export function shareLines(show: (line: string) => void, what: string): (share: number) => void {
  const start = performance.now();
  return (share) => {
    const left = ((performance.now() - start) / 1000) * (1 / share - 1);
    show(
      `${Math.round(100 * share)} % of the cells ${what}${share > 0 && share < 1 ? `, about ${duration(left)} left` : ""}`,
    );
  };
}
