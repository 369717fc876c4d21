/** A folder as a page for a web browser, piece by piece: names to follow, and the whole of it as a tar. */
import { formatBytes } from '../model/units.ts';
import { isoDate } from './dav-date.ts';
import type { DavEntry } from './dav-entry.ts';
import { encodeName } from './dav-path.ts';
import { xmlText } from './xml-text.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:2em}td{padding:0 2em 0 0}td+td{color:#555;white-space:nowrap}';

/** `names` without the secret. */
export function pageBegin(names: readonly string[], hasTar: boolean): string {
  const title = xmlText(`/${names.join('/')}`);
  const up = names.length === 0 ? '' : '<p><a href="../">up</a></p>\n';
  const tar = hasTar ? '<p><a href="?tar">download this folder as tar</a>, with every attribute</p>\n' : '';
  return `<!doctype html>\n<meta charset="utf-8"><title>${title}</title><style>${STYLE}</style>\n<h1>${title}</h1>\n${up}${tar}<table>\n`;
}

export function pageRow({ name, folder, size, modifiedMs }: DavEntry): string {
  const href = `./${encodeName(name)}${folder ? '/' : ''}`;
  const shown = xmlText(folder ? `${name}/` : name);
  const bytes = folder ? '' : formatBytes(size);
  return `<tr><td><a href="${href}">${shown}</a></td><td>${bytes}</td><td>${isoDate(modifiedMs)}</td></tr>\n`;
}

export const PAGE_END = '</table>\n';
