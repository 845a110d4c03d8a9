/** What is wrong with an address as it is being typed. The app checks it again, with its checksum. */
export type AddressFault = 'empty' | 'shape' | 'nobody'

/** What can be seen to be wrong without any arithmetic; nothing if it looks like an address. */
export function addressFault(typed: string): AddressFault | null {
  const address = typed.trim()
  if (address === '') return 'empty'
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) return 'shape'
  return /^0x0{40}$/.test(address) ? 'nobody' : null
}

/** Whether two texts are the same address, however it is written. */
export function isSameAddress(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one.trim().toLowerCase() === other.trim().toLowerCase()
}
