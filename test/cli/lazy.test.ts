import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

/** Every file and package that is loaded before the first `await import`. */
function loadedFrom(start: string): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!file.endsWith('.ts')) return;
    const text = readFileSync(file, 'utf8');
    const imports = text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)';/gm);
    for (const [statement, target = ''] of imports) {
      if (/^(?:import|export) \{(?:\s*type [\w, ]+,?)+\s*\}/.test(statement)) continue;
      visit(target.startsWith('.') ? path.join(path.dirname(file), target) : target);
    }
  };
  visit(start);
  return seen;
}

it.each(['cli/main.ts', 'peer/main.ts'])('%s loads no network code before it is needed', (start) => {
  const loaded = [...loadedFrom(start)];
  expect(loaded).toContain('src/index.ts');
  expect(loaded.filter((name) => /libp2p|sqlite|multiformats|koffi|uqr|src\/network/.test(name))).toEqual([]);
  expect(loaded.filter((name) => name.startsWith('src/')).length).toBeLessThan(8);
});

it('a client loads nothing that only peers need', () => {
  const loaded = [...loadedFrom('src/network/libp2p-network.ts')];
  expect(loaded).toContain('libp2p');
  expect(loaded.filter((name) => /upnp|autonat|dcutr|mdns|level/.test(name))).toEqual([]);
});
