/** Times to the nanosecond through the C library, to the microsecond without it (C6). */
import * as fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativeTimes, nodeTimes } from '../../src/backup/native-times.ts';
import { utf8 } from '../../src/model/bytes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const TIMES = [
  { seconds: 1_700_000_000, nanoseconds: 123_456_789 },
  { seconds: 0, nanoseconds: 1 },
  { seconds: -86_400, nanoseconds: 999_999_999 },
  { seconds: 4_000_000_000, nanoseconds: 0 },
];

function nanoseconds({ seconds, nanoseconds: part }: (typeof TIMES)[number]): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(part);
}

describe('setting times', () => {
  it.runIf(process.platform === 'linux')(
    'sets every nanosecond of files, folders and links themselves',
    () => {
      const folder = temporaryFolder();
      const { setTimes, precision } = nativeTimes();
      expect(precision).toBe('ns');
      const file = path.join(folder, 'file');
      const link = path.join(folder, 'link');
      fs.writeFileSync(file, '');
      fs.symlinkSync('file', link);
      for (const [i, time] of TIMES.entries()) {
        for (const each of [file, folder]) {
          setTimes(utf8(each), time);
          expect(fs.statSync(each, { bigint: true }).mtimeNs).toBe(nanoseconds(time));
        }
        const other = TIMES[(i + 1) % TIMES.length] ?? time;
        setTimes(utf8(link), other);
        expect(fs.lstatSync(link, { bigint: true }).mtimeNs).toBe(nanoseconds(other));
        expect(fs.statSync(link, { bigint: true }).mtimeNs).toBe(nanoseconds(time));
      }
    },
  );

  it('falls back to node with microseconds', () => {
    const file = path.join(temporaryFolder(), 'file');
    fs.writeFileSync(file, '');
    const { setTimes, precision } = nodeTimes();
    expect(precision).toBe('us');
    for (const time of TIMES) {
      setTimes(utf8(file), time);
      const off = fs.statSync(file, { bigint: true }).mtimeNs - nanoseconds(time);
      expect(off > -2000n && off < 2000n).toBe(true);
    }
  });

  it('throws like node when there is no such file', () => {
    const nowhere = utf8(path.join(temporaryFolder(), 'nowhere'));
    for (const { setTimes } of [nativeTimes(), nodeTimes()]) {
      expect(() => setTimes(nowhere, { seconds: 0, nanoseconds: 0 })).toThrow(/ENOENT/);
    }
  });
});
