/** A plain table: aligned, without lines, numbers to the right. Columns in which nothing stands are left out. */

export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly (string | undefined)[])[],
): readonly string[] {
  const used = [...columns.keys()].filter((at) => rows.some((row) => (row[at] ?? '') !== ''));
  const widths = new Map(
    used.map((at) => [
      at,
      Math.max(columns[at]?.title.length ?? 0, ...rows.map((row) => row[at]?.length ?? 0)),
    ]),
  );
  const line = (cells: readonly (string | undefined)[]): string =>
    used
      .map((at) => {
        const [cell, width] = [cells[at] ?? '', widths.get(at) ?? 0];
        return columns[at]?.right ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}
