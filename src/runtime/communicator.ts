/**
 * The processes that train one model together, as one of them sees them: what MPI calls a communicator. Every rank makes the
 * same calls in the same order.
 */
export interface Communicator {
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** Adds up what all have, in place: every rank then has the same bits. */
  sum(data: Float32Array): Promise<void>;
  /** What each has, by rank; all give equally many bytes. */
  gather(mine: Uint8Array): Promise<Uint8Array[]>;
}
