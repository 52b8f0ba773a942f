/** What was gathered of some cells, as named arrays: so it is kept, and added to what was gathered of others. */
export type StateArrays = Record<
  string,
  Float64Array | Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array
>;

/** The arrays whose names begin with a prefix, without it. */
export function stateUnder(prefix: string, state: StateArrays): StateArrays {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, array]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [],
    ),
  );
}

/** The arrays with a prefix before their names. */
export function withPrefix(prefix: string, state: StateArrays): StateArrays {
  return Object.fromEntries(Object.entries(state).map(([name, array]) => [prefix + name, array]));
}
