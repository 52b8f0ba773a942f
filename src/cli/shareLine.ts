/**
 * Lines of progress of a share, with the time that is left by the speed so far: "40 % of the cells labelled, 12 s left".
 * @param what is done to the cells
 */
export function shareLines(show: (line: string) => void, what: string): (share: number) => void {
  const start = performance.now();
  return (share) => {
    const left = ((performance.now() - start) / 1000) * (1 / share - 1);
    show(
      `${Math.round(100 * share)} % of the cells ${what}${share > 0 && share < 1 ? `, ${time(left)} left` : ""}`,
    );
  };
}

function time(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 90) return `${whole} s`;
  return whole < 5400 ? `${Math.round(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}
