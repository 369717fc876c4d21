/** Does something once, when a measured command has written half of what it will write. */

export interface HalfWay {
  /** For `Command.onProgress`. */
  readonly onProgress: (pid: number, writtenBytes: number) => void;
  /** Resolves when what was begun has ended; throws when the half was never seen, or with what went wrong. */
  readonly done: () => Promise<void>;
}

export function whenHalf(bytes: number, act: () => Promise<void>): HalfWay {
  let acting: Promise<void> | undefined;
  return {
    onProgress: (_pid, writtenBytes) => {
      if (acting || writtenBytes < bytes / 2) return;
      acting = act();
      acting.catch(() => undefined); // thrown by `done`
    },
    done: async () => {
      if (!acting) throw new Error('the command ended before anybody saw it half done');
      await acting;
    },
  };
}
