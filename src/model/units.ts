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

/** Milliseconds as a person reads them: "430 ms", "12.3 s", "4 min 05 s", "2 h 03 min". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (n: number): string => String(n).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}
