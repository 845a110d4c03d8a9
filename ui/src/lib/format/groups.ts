/** An address in groups of four, so that people can compare it: its "0x" and ten groups. */
export function groupsOf(address: string): string[] {
  return [address.slice(0, 2), ...(address.slice(2).match(/.{1,4}/g) ?? [])]
}

/** The ends of a long name of the chain, where all of it is one copy away. */
export function ends(name: string): string {
  return name.length <= 16 ? name : `${name.slice(0, 8)}\u2026${name.slice(-6)}`
}
