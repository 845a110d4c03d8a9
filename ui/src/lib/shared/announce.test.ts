import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { politely, QUIET_MS } from './announce'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the first text is said at once, then only the newest after a pause', () => {
  const heard: string[] = []
  const polite = politely((text) => heard.push(text))
  for (const text of ['Connecting', 'Waiting', 'Working']) polite.say(text)
  expect(heard).toEqual(['Connecting'])
  vi.advanceTimersByTime(QUIET_MS)
  expect(heard).toEqual(['Connecting', 'Working'])
})

test('the same text is not said twice, also when it came back in between', () => {
  const heard: string[] = []
  const polite = politely((text) => heard.push(text))
  polite.say('Waiting')
  polite.say('Working')
  polite.say('Waiting')
  vi.advanceTimersByTime(2 * QUIET_MS)
  polite.say('Waiting')
  expect(heard).toEqual(['Waiting'])
})

test('after stopping nothing is said', () => {
  const heard: string[] = []
  const polite = politely((text) => heard.push(text))
  polite.say('Waiting')
  polite.say('Working')
  polite.stop()
  vi.advanceTimersByTime(2 * QUIET_MS)
  expect(heard).toEqual(['Waiting'])
})
