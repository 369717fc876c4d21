/** Text as troff source that any man program shows as it was written: nothing in it is taken for a request, an escape or a dash. */

/** What troff would show as another character than the one that is typed; a shell must be able to read what is copied from a page. */
const SAFE: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Safe within a line, and within the quotes of a macro's argument. */
export function roffWords(text: string): string {
  return text
    .replaceAll(/[\\\-'"`^~]/g, (character) => SAFE[character] ?? character)
    .replaceAll(/[^\n\t -~]/gu, (character) => {
      const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
      return `\\[u${point.padStart(4, '0')}]`;
    });
}

/** One line of text that may begin with anything: a "." or a space would be a request or a break. */
export function roffLine(text: string): string {
  return /^[. ]/.test(text) || text === '' ? `\\&${roffWords(text)}` : roffWords(text);
}

/** Lines that stay as they are, indented. */
export function roffExample(lines: readonly string[]): readonly string[] {
  return ['.PP', '.nf', '.RS 4', ...lines.map(roffLine), '.RE', '.fi'];
}

/** Bold words and italic placeholders: "backup PATH... [--tag T]". */
export function roffUsage(text: string): string {
  return text
    .split(/([A-Z][A-Za-z0-9]*(?:-[A-Z]+)*|--?[a-z][a-z-]*)/)
    .map((part, at) => {
      if (at % 2 === 0) return roffWords(part);
      return part.startsWith('-') ? `\\fB${roffWords(part)}\\fR` : `\\fI${roffWords(part)}\\fR`;
    })
    .join('');
}
