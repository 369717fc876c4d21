/** Text inside XML and HTML, as data and never as markup. */

const SIGNS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `text` holds nothing that XML 1.0 forbids: see `shownName`. */
export function xmlText(text: string): string {
  return text.toWellFormed().replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign);
}
