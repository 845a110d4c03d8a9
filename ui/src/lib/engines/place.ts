import type { Place } from '../backend/backend'
import { t } from '../messages/t'

/** What is wrong with the address of a coordinator as it is being typed. The app checks it again. */
export type PlaceFault = 'empty' | 'shape' | 'plain' | 'credentials'

/** What can be seen to be wrong; nothing if it can be tried. A bare name means the encrypted way. */
export function placeFault(typed: string): PlaceFault | null {
  const address = typed.trim()
  if (address === '') return 'empty'
  const url = parsed(address.includes('://') ? address : `https:${'//'}${address}`)
  if (url === null || url.search !== '' || url.hash !== '') return 'shape'
  if (url.username !== '' || url.password !== '') return 'credentials'
  if (url.protocol === 'https:') return null
  return url.protocol === 'http:' && isHere(url.hostname) ? null : url.protocol === 'http:' ? 'plain' : 'shape'
}

function parsed(address: string): URL | null {
  try {
    return new URL(address)
  } catch {
    return null
  }
}

function isHere(host: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(host)
}

/** Where a node works, in a few words. */
export function placeName(place: Place): string {
  return place.kind === 'elsewhere' ? place.address : t(`coordinator.${place.kind}`)
}
