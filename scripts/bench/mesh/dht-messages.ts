/** Counts the messages to the DHT that libp2p's log tells of when DEBUG asks for it. */

/** "... libp2p:kad-dht:network sending PUT_VALUE to 12D3..." -> 1 */
export function countDhtMessages(line: string): 0 | 1 {
  return /kad-dht\S*:network\S*\s+sending [A-Z_]+ to /.test(line) ? 1 : 0;
}
