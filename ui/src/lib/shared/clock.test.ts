import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Clock } from './clock.svelte'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the time on the page goes on, but never faster than once a second', () => {
  let time = 0
  const read = vi.fn(() => time)
  const clock = new Clock(read)
  const stop = clock.run()
  const before = read.mock.calls.length
  time = 60_000
  vi.advanceTimersByTime(60_000)
  expect(clock.now).toBe(60_000)
  expect(read.mock.calls.length - before).toBeLessThanOrEqual(60)
  stop()
})

test('a stopped clock costs nothing', () => {
  const stop = new Clock(() => 0).run()
  expect(vi.getTimerCount()).toBe(1)
  stop()
  expect(vi.getTimerCount()).toBe(0)
})
