/** A function to minimise: returns its value at `x` and writes its gradient. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** Steps that are remembered to model the curvature. */
const MEMORY = 10;
/** Armijo's sufficient decrease and Wolfe's curvature condition, the values of Nocedal & Wright. */
const DECREASE = 1e-4;
const CURVATURE = 0.9;

/**
 * Minimises a smooth function by L-BFGS with a weak Wolfe line search by bisection.
 * Method: Nocedal & Wright, Numerical Optimization, algorithm 7.5.
 *
 * @param x The start; overwritten with the minimum.
 * @param tolerance Stops when no component of the gradient is larger.
 * @returns whether it reached the tolerance within the iterations.
 */
export function minimise(
  objective: Objective,
  x: Float64Array,
  tolerance: number,
  iterations: number,
): boolean {
  const size = x.length;
  const gradient = new Float64Array(size);
  const history: { step: Float64Array; change: Float64Array; curvature: number }[] = [];
  let value = objective(x, gradient);

  for (let iteration = 0; iteration < iterations; iteration++) {
    if (largest(gradient) <= tolerance) return true;
    const direction = twoLoops(gradient, history);
    const start = x.slice();
    const slope = gradient.slice();
    const moved = lineSearch(objective, start, direction, value, dot(slope, direction), x, gradient);
    if (moved === undefined) return false;
    value = moved;

    const step = x.map((position, i) => position - start[i]);
    const change = gradient.map((component, i) => component - slope[i]);
    const curvature = dot(step, change);
    if (curvature > 0) {
      history.push({ step, change, curvature });
      if (history.length > MEMORY) history.shift();
    }
  }
  return largest(gradient) <= tolerance;
}

/** The descent direction −H·gradient, H being the inverse curvature that the history implies. */
function twoLoops(
  gradient: Float64Array,
  history: { step: Float64Array; change: Float64Array; curvature: number }[],
): Float64Array {
  const direction = gradient.map((component) => -component);
  const factors: number[] = [];
  for (let h = history.length - 1; h >= 0; h--) {
    factors[h] = dot(history[h].step, direction) / history[h].curvature;
    add(direction, -factors[h], history[h].change);
  }
  const last = history.at(-1);
  const scale = last ? last.curvature / dot(last.change, last.change) : 1 / Math.max(1, norm(gradient));
  for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  for (let h = 0; h < history.length; h++) {
    const factor = dot(history[h].change, direction) / history[h].curvature;
    add(direction, factors[h] - factor, history[h].step);
  }
  return direction;
}

/** Moves `x` along the direction; the value there, or undefined when rounding leaves no way down. */
function lineSearch(
  objective: Objective,
  start: Float64Array,
  direction: Float64Array,
  value: number,
  slope: number,
  x: Float64Array,
  gradient: Float64Array,
): number | undefined {
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let length = 1;
  for (let attempt = 0; attempt < 60; attempt++) {
    for (let i = 0; i < x.length; i++) x[i] = start[i] + length * direction[i];
    const there = objective(x, gradient);
    if (there > value + DECREASE * length * slope) high = length;
    else if (dot(gradient, direction) < CURVATURE * slope) low = length;
    else return there;
    length = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
  }
  return undefined;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

function add(to: Float64Array, factor: number, what: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * what[i];
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function largest(a: Float64Array): number {
  return a.reduce((most, component) => Math.max(most, Math.abs(component)), 0);
}
