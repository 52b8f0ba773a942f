/**
 * What the library and the page agree on: MIME types, what travels under them, and the messages of the buttons.
 * Both sides run this file, one in Node, the other in a browser: it imports nothing.
 */

/** MIME type of {@link EmbeddingPayload}. */
export const EMBEDDING_MIME = "application/vnd.cellkernel.embedding.v1+json";
/** MIME type of {@link TrainingPayload}, which is drawn again in place as training goes on. */
export const TRAINING_MIME = "application/vnd.cellkernel.training.v1+json";

/** The MIME types that later versions of a view would use: shown by their picture, with a sentence. */
export function laterVersions(mime: string): string[] {
  return Array.from({ length: 8 }, (_, i) => mime.replace(".v1+", `.v${i + 2}+`));
}

/** Comm target over which a view in a page speaks to what it shows. */
export const VIEW_TARGET = "cellkernel.view";

/** Sent from a page. A comm that is closed without an answer: nobody in the kernel knows the view. */
export interface ViewMessage {
  /** Identifies the view's subject, for instance the run of {@link TrainingPayload}. */
  view: string;
  command: string;
}

/** What the buttons of a training view ask for. */
export const TRAINING_COMMANDS = ["stop", "pause", "resume"] as const;
export type TrainingCommand = (typeof TRAINING_COMMANDS)[number];

/** Asks for a run's state, now and whenever it changes; answered by {@link ViewAnswer}s while the run lives. */
export const WATCH = "watch";

/** Sent to a page that watches: the view as it is now, by MIME type. */
export interface ViewAnswer {
  bundle: Record<string, unknown>;
}

/** A message as it comes over a comm, which anyone may have sent; undefined where it is none. */
export function viewMessage(data: unknown): ViewMessage | undefined {
  const { view, command } = (data ?? {}) as Record<string, unknown>;
  return typeof view === "string" && typeof command === "string" ? { view, command } : undefined;
}

/** One coordinate of all cells, in 65,536 steps between the extremes: far finer than a screen. */
export interface QuantisedAxis {
  label: string;
  min: number;
  max: number;
  /** Base64 of uint16 [cells], little-endian: (value − min) / (max − min) · 65535, rounded. */
  data: string;
}

/** An embedding as it travels in the notebook: under 1 MB for 100,000 cells and two panels. */
export interface EmbeddingPayload {
  title: string;
  cells: number;
  x: QuantisedAxis;
  y: QuantisedAxis;
  /** All panels' categories with their CSS colours, in legend order. */
  categories: { name: string; color: string }[];
  panels: {
    title: string;
    /** Base64 of uint8 [cells], or uint16 little-endian from 256 categories on; `categories.length` is none. */
    codes: string;
    /** Base64 of uint8 [cells]: 255 · probability, rounded. */
    probabilities?: string;
  }[];
  cellIds?: string[];
  /** Rows without coordinates, which are not drawn; left out when there are none. */
  unplaced?: number[];
}

/** What was measured after an epoch. */
export interface EpochPoint {
  /** 1 for the first. */
  epoch: number;
  /** Optimizer steps done when it was measured. */
  step: number;
  /** Mean training loss over the epoch. */
  trainLoss: number;
  validationLoss: number;
  /** Share of the validation cells that were labelled wrongly, 0 … 1; null where labels are not learnt. */
  validationError: number | null;
}

/** Mean training loss of the steps up to and with `step`, from the previous point on. */
export interface LossPoint {
  step: number;
  loss: number;
}

/** How a run does at the moment; what is unknown is left out. */
export interface TrainingPace {
  learningRate?: number;
  /** Norm of the last step's gradient over all weights, before clipping. */
  gradNorm?: number;
  tokensPerSecond?: number;
  /** Resident memory of the process, in bytes. */
  memory?: number;
}

/** A training run as it travels in the notebook: the losses are means over windows of consecutive steps. */
export interface TrainingPayload {
  /** Identifies the run: the buttons send it back as the view. */
  run: string;
  state: "running" | "paused" | "stopping" | "finished" | "stopped" | "failed";
  /** Optimizer steps done, and how many there will be. */
  step: number;
  steps: number;
  /** Epoch under way (1 for the first), and how many there will be. */
  epoch: number;
  epochs: number;
  /** Seconds since the start; seconds left by the pace so far, null while unknown. */
  seconds: number;
  secondsLeft: number | null;
  losses: LossPoint[];
  /** The epochs done so far. */
  history: readonly EpochPoint[];
  /** Epoch with the lowest validation loss so far: its weights are kept. */
  bestEpoch: number | null;
  pace?: TrainingPace;
  /** A line for the reader, for instance why it stopped. */
  message?: string;
}

/** Whether a run in this state goes on. */
export function isLive({ state }: Pick<TrainingPayload, "state">): boolean {
  return state === "running" || state === "paused" || state === "stopping";
}

/**
 * A training run's payload as it comes from a notebook, which anyone may have written.
 * @throws when it is not one
 */
export function readTraining(data: unknown): TrainingPayload {
  const run = (data ?? {}) as Partial<TrainingPayload>;
  const counts = [run.step, run.steps, run.epoch, run.epochs, run.seconds];
  const known = ["running", "paused", "stopping", "finished", "stopped", "failed"].includes(run.state ?? "");
  const points = [run.losses, run.history].every(
    (list) => Array.isArray(list) && list.every((point) => typeof point?.step === "number"),
  );
  if (typeof run.run !== "string" || !known || !points || !counts.every(Number.isFinite))
    throw new Error("The learning curves' data are not whole.");
  return run as TrainingPayload;
}

/** Points over which the loss is smoothed, at most; fewer where there are few. */
const SPAN = 20;

/**
 * The loss as an exponential moving average, without the pull of its start (as Adam's moments are corrected):
 * the noise of single steps taken off, so that the course is seen.
 */
export function smoothed(points: readonly LossPoint[]): LossPoint[] {
  const weight = 1 - 2 / (Math.max(1, Math.min(SPAN, points.length / 5)) + 1);
  let total = 0;
  let counted = 0;
  return points
    .filter(({ loss }) => Number.isFinite(loss))
    .map(({ step, loss }) => {
      total = weight * total + (1 - weight) * loss;
      counted = weight * counted + (1 - weight);
      return { step, loss: Number((total / counted).toPrecision(5)) };
    });
}

/** Categories from which on codes take two bytes. */
const WIDE = 256;
const LARGEST = 65535;

/** Whether the codes of so many categories take two bytes. */
function wide(categories: number): boolean {
  return categories >= WIDE;
}

/** Coordinates as they travel. Values that are not finite count for nothing; where all are the same, they lie in the middle. */
export function encodeAxis(values: ArrayLike<number>, label: string): QuantisedAxis {
  const [min, max] = extent(values);
  const scale = LARGEST / (max - min);
  const steps = Uint16Array.from(values, (value) =>
    Number.isFinite(value) && max > min ? Math.round((value - min) * scale) : LARGEST >> 1,
  );
  return { label, min, max, data: base64(steps) };
}

/** The least and the largest of the finite values; 0 and 0 where there are none. */
export function extent(values: ArrayLike<number>): [number, number] {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    min = Math.min(min, values[i]);
    max = Math.max(max, values[i]);
  }
  return min <= max ? [min, max] : [0, 0];
}

/**
 * 0 … size − 1 in an order that is the same each time: Fisher–Yates over a linear congruential generator (Park & Miller).
 * Cells are drawn in it, so that in sorted data no category covers all others.
 */
export function shuffled(size: number): Uint32Array {
  const order = Uint32Array.from({ length: size }, (_, i) => i);
  let state = 42;
  for (let i = size - 1; i > 0; i--) {
    state = (state * 48271) % 2147483647;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Codes as they travel. */
export function encodeCodes(codes: ArrayLike<number>, categories: number): string {
  return base64(wide(categories) ? Uint16Array.from(codes) : Uint8Array.from(codes));
}

/** Probabilities as they travel. */
export function encodeProbabilities(probabilities: ArrayLike<number>): string {
  return base64(Uint8Array.from(probabilities, (probability) => Math.round(255 * probability)));
}

/** An embedding's arrays out of its payload. */
export interface DecodedEmbedding {
  /** [cells] each, 0 … 1 between the extremes. */
  x: Float32Array;
  y: Float32Array;
  panels: { title: string; codes: Uint8Array | Uint16Array; probabilities?: Float32Array }[];
}

/**
 * Decodes a payload as it comes from a notebook, which anyone may have written.
 * @throws when its parts disagree in length
 */
export function decodeEmbedding({ cells, categories, x, y, panels }: EmbeddingPayload): DecodedEmbedding {
  const lengths: number[] = [];
  const measured = <T extends Uint8Array | Uint16Array>(values: T): T => {
    lengths.push(values.length);
    return values;
  };
  const share = (data: string) =>
    Float32Array.from(measured(uint16(bytesOf(data))), (value) => value / LARGEST);
  const decoded = {
    x: share(x.data),
    y: share(y.data),
    panels: panels.map(({ title, codes, probabilities }) => ({
      title,
      codes: measured(wide(categories.length) ? uint16(bytesOf(codes)) : bytesOf(codes)),
      ...(probabilities && {
        probabilities: Float32Array.from(measured(bytesOf(probabilities)), (value) => value / 255),
      }),
    })),
  };
  if (lengths.some((length) => length !== cells))
    throw new Error(`The embedding's data hold ${lengths.join(", ")} values for ${cells} cells.`);
  return decoded;
}

/** "45 s", "3 min 20 s", "2 h 05 min". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Little-endian, as the machines are that Node and browsers run on. */
function base64(values: Uint8Array | Uint16Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  // Characters are made of some bytes at a time: a function takes so many arguments only.
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function bytesOf(text: string): Uint8Array {
  const characters = atob(text);
  return Uint8Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i));
}

function uint16(bytes: Uint8Array): Uint16Array {
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => bytes[2 * i] | (bytes[2 * i + 1] << 8));
}
