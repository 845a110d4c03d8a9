import { expect, test } from 'vitest'
import { aJob } from '../backend/samples'
import { speedOf, timeOf } from './jobs'

test('a running job has no time yet, and a clock that went back none below zero', () => {
  expect(timeOf(aJob({ finishedAt: null }))).toBeNull()
  expect(timeOf(aJob({ acceptedAt: 5_000, finishedAt: 4_000 }))).toBe(0)
})

test('the speed is that of the newest job which wrote something', () => {
  const running = aJob({ finishedAt: null, completionTokens: null })
  const empty = aJob({ completionTokens: 0 })
  const timeless = aJob({ acceptedAt: 9_000, finishedAt: 9_000 })
  const good = aJob({ acceptedAt: 1_000, finishedAt: 3_000, completionTokens: 50 })
  const older = aJob({ acceptedAt: 0, finishedAt: 1_000, completionTokens: 1 })
  expect(speedOf([running, empty, timeless, good, older])).toBe(25)
})

test('without a finished job there is no speed, and not 0', () => {
  expect(speedOf([])).toBeNull()
  expect(speedOf([aJob({ finishedAt: null })])).toBeNull()
})
