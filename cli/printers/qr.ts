/** A ticket as a QR code, on a screen and on paper. Capitals make it a third smaller, and are the same ticket. */

/** What a scanner gives is a ticket again: white space and capitals are ignored there. */
function scannable(ticket: string): string {
  return ticket.replace(/\s+/g, '').toUpperCase();
}

/** `undefined` when the code would not fit on a screen of `columns`. */
export async function qrText(ticket: string, columns: number): Promise<string | undefined> {
  const { renderUnicodeCompact } = await import('uqr');
  return fitting(() => {
    const text = renderUnicodeCompact(scannable(ticket), { ecc: 'L', boostEcc: false, border: 2 });
    return (text.split('\n')[0] ?? '').length <= columns ? text : undefined;
  });
}

/** As an SVG element; `undefined` when it fits into no code. Paper gets stains: a seventh of the code may be unreadable. */
export async function qrSvg(ticket: string): Promise<string | undefined> {
  const { renderSVG } = await import('uqr');
  const options = { boostEcc: false, border: 0, pixelSize: 4 } as const;
  return (
    fitting(() => renderSVG(scannable(ticket), { ...options, ecc: 'M' })) ??
    fitting(() => renderSVG(scannable(ticket), { ...options, ecc: 'L' }))
  );
}

/** A ticket with very many addresses fits into no QR code; the text beside it is complete. */
function fitting(draw: () => string | undefined): string | undefined {
  try {
    return draw();
  } catch {
    return undefined;
  }
}
