/** What one command took, measured in the same way for rivals and for us. */

/** The peers of a mesh while the command ran; of a peer that was killed on the way what it took until then. */
export interface PeersSample {
  readonly cpuMs: number;
  /** Of the largest peer. */
  readonly peakRssBytes: number;
  /** Of all peers, each at its own peak. */
  readonly totalPeakRssBytes: number;
}

export interface Sample {
  readonly wallMs: number;
  /** User and system, of the command and its children. */
  readonly cpuMs: number;
  /** Of the command and those of its children that lived at the same time, each at its own peak. */
  readonly peakRssBytes: number;
  /** What it handed to write calls, for files and sockets together. */
  readonly writtenBytes: number;
  readonly peers?: PeersSample;
  /** Further figures by name, with the unit last: storedBytes, sealedBytes, sentBytes, stateBytes, dhtMessages ... */
  readonly figures?: Readonly<Record<string, number>>;
}

export function withFigures(sample: Sample, figures: Readonly<Record<string, number>>): Sample {
  return { ...sample, figures: { ...sample.figures, ...figures } };
}
