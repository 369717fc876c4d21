/** proxy-main JSON: one delay proxy in a process of its own; prints a line when it listens, and ends with its standard input. */
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { type DelayProxyOptions, startDelayProxy } from './delay-proxy.ts';

const options = JSON.parse(process.argv[2] ?? '') as Omit<DelayProxyOptions, 'clock'>;
await startDelayProxy({ ...options, clock: systemClock });
console.log('listening');
process.stdin.on('end', () => process.exit(0)).resume();
