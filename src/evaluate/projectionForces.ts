/** The curve 1 / (1 + a d^2b) by which UMAP takes points at distance d on the plane for neighbours. */
export interface Curve {
  a: number;
  b: number;
}

/** Points at which the curve is fitted, up to three times the spread, which is 1. */
const FITTED = 300;

/**
 * The curve that comes closest to 1 up to `minDist` and e^(minDist − d) beyond, by least squares (Gauss–Newton with halved
 * steps). As `umap.umap_.find_ab_params` of umap-learn, at spread 1.
 */
export function fitCurve(minDist: number): Curve {
  const xs = Float64Array.from({ length: FITTED }, (_, i) => (3 * i) / (FITTED - 1));
  const ys = xs.map((x) => (x < minDist ? 1 : Math.exp(minDist - x)));
  const value = ({ a, b }: Curve, x: number) => 1 / (1 + a * x ** (2 * b));
  const error = (curve: Curve) => xs.reduce((sum, x, i) => sum + (value(curve, x) - ys[i]) ** 2, 0);
  let curve: Curve = { a: 1, b: 1 };
  for (let step = 0; step < 100; step++) {
    let [aa, ab, bb, ga, gb] = [0, 0, 0, 0, 0];
    for (let i = 1; i < FITTED; i++) {
      const power = xs[i] ** (2 * curve.b);
      const own = value(curve, xs[i]);
      const byA = -power * own * own;
      const byB = -2 * curve.a * power * Math.log(xs[i]) * own * own;
      [aa, ab, bb] = [aa + byA * byA, ab + byA * byB, bb + byB * byB];
      [ga, gb] = [ga + byA * (ys[i] - own), gb + byB * (ys[i] - own)];
    }
    const determinant = aa * bb - ab * ab;
    const [da, db] = [(bb * ga - ab * gb) / determinant, (aa * gb - ab * ga) / determinant];
    let by = 1;
    const next = () => ({ a: curve.a + by * da, b: curve.b + by * db });
    const before = error(curve);
    while (by > 1e-6 && !(next().a > 0 && next().b > 0 && error(next()) <= before)) by /= 2;
    if (by <= 1e-6) break;
    curve = next();
    if (Math.abs(by * da) + Math.abs(by * db) < 1e-12) break;
  }
  return curve;
}

/** Squared distances from 2^−20 to 2^12 are told apart, by 8 bits of their mantissa: beyond, forces are as good as none or clipped. */
const LOWEST = (127 - 20) << 8;
const SIZE = 32 << 8;

/** Forces of the curve, times the vector between two points, by the squared distance: powers would take most of the time. */
export interface Forces {
  attraction: Float32Array;
  repulsion: Float32Array;
}

const asFloat = new Float32Array(1);
const asBits = new Int32Array(asFloat.buffer);

/** Place of a squared distance in the tables of {@link forcesOf}. */
export function placeOf(squared: number): number {
  asFloat[0] = squared;
  const place = (asBits[0] >> 15) - LOWEST;
  return place < 0 ? 0 : place >= SIZE ? SIZE - 1 : place;
}

/** @returns the gradients of UMAP's loss (McInnes et al. 2018, appendix C) at the middle of each step of the tables */
export function forcesOf({ a, b }: Curve): Forces {
  const squared = Float64Array.from({ length: SIZE }, (_, place) => {
    asBits[0] = ((place + LOWEST) << 15) | (1 << 14);
    return asFloat[0];
  });
  return {
    attraction: Float32Array.from(squared, (d2) => (2 * a * b * d2 ** (b - 1)) / (1 + a * d2 ** b)),
    repulsion: Float32Array.from(squared, (d2) => (2 * b) / ((0.001 + d2) * (1 + a * d2 ** b))),
  };
}
