/** `$NAME` and `${NAME}` in a line of an exclude file, as Go's `os.Expand` reads them, which restic uses. Pure. */

export interface Expanded {
  readonly text: string;
  /** Names that no value was found for; they became nothing. */
  readonly unset: readonly string[];
}

/** In braces up to the first `}`; else letters, digits and `_`, or one sign. A `$` with nothing of that behind it stays. */
const VARIABLE = /\$(?:\{([^}]*)\}|(\{)|([*#$@!?\-0-9])|([A-Za-z_0-9]+))/g;

/** `$$` is a dollar sign. */
export function expandVariables(line: string, env: Readonly<Record<string, string | undefined>>): Expanded {
  const unset: string[] = [];
  const text = line.replace(
    VARIABLE,
    (_all, braced?: string, open?: string, sign?: string, plain?: string) => {
      const name = braced ?? sign ?? plain ?? '';
      if (open !== undefined || name === '') return '';
      if (name === '$') return '$';
      const value = env[name];
      if (value === undefined) unset.push(name);
      return value ?? '';
    },
  );
  return { text, unset };
}
