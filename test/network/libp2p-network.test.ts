import { afterEach, describe } from 'vitest';
import type { Network } from '../../src/network/network.ts';
import { startLibp2pNetwork } from '../../src/network/libp2p-network.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { networkConformance } from '../conformance/network.ts';

networkConformance('Libp2pNetwork', async () => {
  const started: Network[] = [];
  return {
    start: async (options) => {
      const network = await startLibp2pNetwork({
        listen: ['/ip4/127.0.0.1/tcp/0'],
        mode: 'server',
        bootstrap: [],
        clock: systemClock,
        ...options,
      });
      started.push(network);
      return network;
    },
    end: async () => {
      await Promise.all(started.map((network) => network.stop()));
    },
  };
});
