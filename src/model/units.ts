/** Sizes and durations as people write them, and back. Units: bytes and milliseconds. */
import { VaultError } from './errors.ts';

export const KiB = 1024;
export const MiB: number = 1024 * KiB;
export const GiB: number = 1024 * MiB;

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: KiB,
  kib: KiB,
  kb: 1e3,
  m: MiB,
  mib: MiB,
  mb: 1e6,
  g: GiB,
  gib: GiB,
  gb: 1e9,
  t: 1024 * GiB,
  tib: 1024 * GiB,
  tb: 1e12,
};

/** "50GiB", "1.5T", "800" -> bytes. Throws 'usage'. */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = match ? FACTORS[(match[2] ?? '').toLowerCase()] : undefined;
  const value = match && factor ? Math.floor(Number(match[1]) * factor) : Number.NaN;
  if (!Number.isSafeInteger(value)) {
    throw new VaultError('usage', `"${text}" is not a size`, {
      hint: 'Write it like 500MiB, 50GiB or 2TiB.',
    });
  }
  return value;
}

/** Bytes as a person reads them: three significant digits, binary units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB', 'TiB']) {
    if (value < 1000 || unit === 'TiB') {
      return unit === 'B' ? `${value} B` : `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
    }
    value /= 1024;
  }
  return `${bytes} B`;
}

/** Milliseconds as a person reads them: "430 ms", "12.3 s", "4 min 05 s", "2 h 03 min", "14 d 00 h". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (n: number): string => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const hours = Math.floor(whole / 3600);
  if (hours < 24) return `${hours} h ${pad(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(hours / 24)} d ${pad(hours % 24)} h`;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** "90s", "15min", "72h", "14d", "2w", "1d12h" -> milliseconds. A unit is required; "m" is none, as it may be minutes or months. Throws 'usage'. */
export function parseDuration(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*(ms|min|[shdw])\s*/gy)];
  const length = parts.reduce((sum, part) => sum + part[0].length, 0);
  const ms = Math.round(
    parts.reduce((sum, part) => sum + Number(part[1]) * (UNIT_MS[part[2] ?? ''] ?? Number.NaN), 0),
  );
  if (parts.length === 0 || length !== text.trim().length || !Number.isSafeInteger(ms)) {
    throw new VaultError('usage', `"${text}" is not a duration`, {
      hint: 'Write it like 90s, 15min, 72h, 14d or 2w.',
    });
  }
  return ms;
}
