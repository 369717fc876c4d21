/** Plain transports between two Node processes on loopback, measured before the first line of this project was written (x86-64, 2 cores, Node 24.21). */

export interface QuotedTransport {
  readonly transport: string;
  readonly megabytesPerSecond: string;
  /** CPU seconds per GiB: sender / receiver. */
  readonly cpu: string;
}

export const QUOTED: readonly QuotedTransport[] = [
  { transport: 'libp2p: tcp + noise + yamux, defaults', megabytesPerSecond: '370-400', cpu: '2.0 / 3.0' },
  { transport: 'libp2p: tcp + tls + yamux', megabytesPerSecond: '480-560', cpu: '1.5 / 2.0' },
  { transport: 'libp2p: tcp + plaintext + yamux', megabytesPerSecond: '1,050', cpu: '0.25 / 1.4' },
  { transport: 'node:tls, AES-256-GCM', megabytesPerSecond: '1,500-2,100', cpu: '0.3 / 0.6' },
  { transport: 'node:net', megabytesPerSecond: '3,000', cpu: '0.15 / 0.45' },
];
