import { describe, expect, it } from 'vitest';
import { parseModel } from '../../scripts/simulate/model.ts';
import { parseReal } from '../../scripts/simulate/real-options.ts';
import { DAY_MS, DEFAULT_MODEL } from '../../src/simulation/model/model-settings.ts';

describe('the options of the simulations', () => {
  it('leave the model as it is when nothing is said', () => {
    expect(parseModel(['--model'])).toEqual({ table: false, json: false, settings: DEFAULT_MODEL });
  });

  it('set what the model is told, in the units people write', () => {
    const args = [
      '--model',
      '--peers',
      '500',
      '--lifetime',
      '90d',
      '--lost-after',
      '6h',
      '--vault-size',
      '2GiB',
    ];
    const { settings } = parseModel(args);
    expect(settings).toMatchObject({ peers: 500, lifetimeMs: 90 * DAY_MS, vaultBytes: 2 ** 31 });
    expect(settings.health.lostMs).toBe(DAY_MS / 4);
    expect(settings.health.suspectMs).toBeLessThan(settings.health.awayMs);
  });

  it('refuse what makes no sense', () => {
    expect(() => parseModel(['--model', '--peers', '0'])).toThrow(/--peers wants a whole number/);
    expect(() => parseModel(['--model', '--lifetime', 'long'])).toThrow();
    expect(() => parseReal(['--faults', 'kill,flood'])).toThrow(/not "flood"/);
    expect(() => parseReal(['--peers', '2'])).toThrow(/from 3 on/);
    expect(() => parseReal(['--unknown'])).toThrow();
  });

  it('choose among all faults, eight peers, or five for a succession', () => {
    expect(parseReal([])).toMatchObject({ peers: 8, rounds: 10, kill: 2, succession: false });
    expect(parseReal([]).faults).toContain('lie');
    expect(parseReal(['--succession']).peers).toBe(5);
  });
});
