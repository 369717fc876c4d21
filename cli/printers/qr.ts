/** Tickets and words as QR codes, on a screen and on paper. Capitals make a code a third smaller, and say the same. */

/** What a scanner gives is a ticket, or are words, again: capitals do not matter there, nor does white space in a ticket. */
function scannable(text: string, between = ''): string {
  return text.trim().replace(/\s+/g, between).toUpperCase();
}

/** `undefined` when the code would not fit on a screen of `columns`. */
export async function qrText(ticket: string, columns: number): Promise<string | undefined> {
  const { renderUnicodeCompact } = await import('uqr');
  return fitting(() => {
    const text = renderUnicodeCompact(scannable(ticket), { ecc: 'L', boostEcc: false, border: 2 });
    return (text.split('\n')[0] ?? '').length <= columns ? text : undefined;
  });
}

/**
 * As an SVG element; `undefined` when it fits into no code. White space becomes `between`. Paper gets stains: a seventh of the code may
 * be unreadable.
 */
export async function qrSvg(text: string, between = ''): Promise<string | undefined> {
  const { renderSVG } = await import('uqr');
  const code = scannable(text, between);
  const options = { boostEcc: false, border: 0, pixelSize: 4 } as const;
  return (
    fitting(() => renderSVG(code, { ...options, ecc: 'M' })) ??
    fitting(() => renderSVG(code, { ...options, ecc: 'L' }))
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
