/** The frame of every page that goes on paper: one self-contained HTML text that prints well on A4 and Letter and asks no network. */

/** Millimetres and points throughout: what is on the screen is what comes out of the printer. */
const STYLE = `
  @page { margin: 11mm 14mm; }
  * { box-sizing: border-box; }
  html { background: #d9dcd8; }
  body { margin: 0; font: 10.5pt/1.4 "Liberation Sans", "DejaVu Sans", Helvetica, Arial, sans-serif; color: #111; }
  .sheet { width: 182mm; margin: 8mm auto; padding: 14mm; box-sizing: content-box; background: #fff; box-shadow: 0 1mm 4mm #0004; }
  .mono { font-family: "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; }
  header { display: flex; justify-content: space-between; align-items: flex-end; gap: 8mm; border-bottom: 0.8mm solid #111; padding-bottom: 2.5mm; }
  h1 { margin: 0; font-size: 20pt; line-height: 1.1; letter-spacing: -0.2pt; }
  h2 { margin: 5mm 0 2mm; font-size: 12pt; }
  h2 small { font-weight: normal; font-size: 9.5pt; color: #444; margin-left: 2mm; }
  p { margin: 0 0 2mm; }
  dl { display: grid; grid-template-columns: auto 1fr; gap: 0.5mm 3mm; margin: 0; font-size: 9pt; }
  dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
  .facts { margin-top: 3mm; }
  .care { margin: 4mm 0 0; padding: 2.2mm 3mm; border: 0.4mm solid #111; border-left-width: 2mm; font-size: 10pt; }
  .words { display: grid; gap: 0; margin: 0; padding: 0; list-style: none; border: 0.3mm solid #777; }
  .words li { display: flex; align-items: baseline; gap: 2mm; padding: 1.4mm 2.5mm; border: 0.15mm solid #bbb; font-size: 13pt; }
  .words li span { min-width: 5.5mm; text-align: right; font-size: 8pt; color: #666; }
  .words.rows { grid-template-columns: repeat(5, 1fr); } .words.rows li { padding: 0.9mm 2.5mm; font-size: 12pt; }
  .words li.check { background: #eef0ec; }
  .scan { flex: none; margin: 0; width: 34mm; font-size: 8pt; color: #555; text-align: center; } .scan svg { width: 34mm; height: 34mm; shape-rendering: crispEdges; }
  .text-wide { flex: 1; }
  .ticket { display: flex; gap: 7mm; align-items: flex-start; }
  .ticket .text { flex: 1; font-size: 7.5pt; line-height: 1.45; word-spacing: 1pt; }
  .qr { flex: none; width: 58mm; height: 58mm; } .qr svg { display: block; width: 100%; height: 100%; shape-rendering: crispEdges; }
  ol.steps { margin: 0; padding-left: 6mm; } ol.steps li { margin-bottom: 1mm; }
  code { padding: 0.3mm 1.2mm; background: #eef0ec; font: 9.5pt "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; white-space: nowrap; }
  footer code { font-size: 8pt; }
  .notes { margin-top: 4mm; height: 9mm; border-bottom: 0.2mm solid #999; color: #555; font-size: 9pt; }
  footer { margin-top: 3mm; font-size: 8.5pt; color: #444; }
  h2, .words, .ticket, .care, .steps li, footer { break-inside: avoid; } h2 { break-after: avoid; }
  @media print {
    html { background: #fff; } .sheet { width: auto; margin: 0; padding: 0; box-shadow: none; }
    .care, code, .words, .words li, .check { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  }`;

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** `body` is HTML. Nothing is loaded and nothing runs, whatever it holds. */
export function paperPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${STYLE}
</style>
</head>
<body>
<main class="sheet">
${body}
</main>
</body>
</html>
`;
}

/** Numbered from `first` on, row by row. */
export function wordGrid(words: readonly string[], columns: number): string {
  const cells = words.map((word, at) => `<li><span>${at + 1}</span>${escapeHtml(word)}</li>`);
  return `<ol class="words mono" style="grid-template-columns: repeat(${columns}, 1fr)">\n${cells.join('\n')}\n</ol>`;
}

/** `rows` are terms and what they say; shown small below the title. */
export function factList(rows: readonly (readonly [string, string])[]): string {
  const items = rows.map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>`);
  return `<dl class="facts">${items.join('')}</dl>`;
}
