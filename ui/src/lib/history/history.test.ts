import { expect, test, vi } from 'vitest'
import { FakeBackend } from '../backend/fake'
import { NOON } from '../backend/samples'
import { aBookLine, aCause, anEstimate, aRecord, someDays } from '../backend/samples-history'
import { barsOf, bestOf, worked } from './chart'
import { Paged } from './paged.svelte'
import { basisOf, bookWords, booksAgree, causeMood, causeView } from './words'

test('the highest bar fills the chart, and a day with a little work does not look like one without', () => {
  const day = (workUnits: string) => ({ begins: NOON, workUnits, jobs: 1 })
  expect(barsOf([day('0.00'), day('0.01'), day('50.00'), day('100.00')]).map(({ height }) => height)).toEqual([0, 0.02, 0.5, 1])
  expect(barsOf([day('0')]).map(({ height }) => height)).toEqual([0])
})

test('days are counted and the best one found, also among none', () => {
  const days = someDays(NOON)
  expect(days).toHaveLength(30)
  expect(worked(days)).toBe(24)
  expect(bestOf(days)?.workUnits).toBe('140.80')
  expect(bestOf([])).toBeNull()
})

test('pieces of a list are gone through to its end and back', async () => {
  const records = Array.from({ length: 23 }, (_, place) => aRecord({ attempt: 23 - place, id: `job-${place}` }))
  const backend = new FakeBackend({ jobs: records })
  const jobs = new Paged(
    (before) => backend.jobs(before),
    (changed) => backend.onChanged('history', changed),
  )
  const end = jobs.follow()
  await vi.waitFor(() => expect(jobs.value?.jobs).toHaveLength(10))
  expect([jobs.number, jobs.hasNewer, jobs.hasOlder]).toEqual([1, false, true])
  await jobs.newer()
  expect(jobs.number, 'there is nothing newer than the newest').toBe(1)
  await jobs.older()
  await jobs.older()
  expect(jobs.value?.jobs.map(({ attempt }) => attempt)).toEqual([3, 2, 1])
  expect([jobs.number, jobs.hasOlder]).toEqual([3, false])
  await jobs.older()
  expect(jobs.number, 'there is nothing older than the oldest').toBe(3)
  // A new job does not move what somebody reads.
  const before = backend.count('jobs')
  backend.changeJobs([aRecord({ attempt: 24, id: 'new' }), ...records])
  await vi.waitFor(() => expect(backend.count('jobs')).toBeGreaterThan(before))
  expect(jobs.value?.jobs.map(({ attempt }) => attempt)).toEqual([3, 2, 1])
  await jobs.newer()
  await jobs.newer()
  expect(jobs.value?.jobs[0]?.id).toBe('new')
  end()
})

test('two books agree only if every line does', () => {
  expect(booksAgree({ at: NOON, lines: [aBookLine(), aBookLine(NOON, { workerName: null })] })).toBe(true)
  const verdict = { kind: 'we-know-more', by: '14.10' } as const
  expect(booksAgree({ at: NOON, lines: [aBookLine(), aBookLine(NOON, { verdict })] })).toBe(false)
  expect(bookWords(verdict)).toContain('14.10')
})

test('a cause of tomorrow is told as one that has no words, and a code by its own', () => {
  expect(causeView(aCause({ kind: 'of-tomorrow', fix: 'of-tomorrow' })).title).toContain('no words')
  expect(causeView(aCause({ kind: 'needs-owner', code: 'disk-full' })).title).toBe('The disk is full')
  expect(causeView(aCause({ kind: 'shared-with-others', figure: '1400' })).title).toContain('1,400')
})

test('what is normal never looks like an alarm', () => {
  expect(causeMood(aCause({ severity: 'stops', normal: true }))).toBe('quiet')
  expect(causeMood(aCause({ severity: 'stops', normal: false }))).toBe('bad')
  expect(causeMood(aCause({ severity: 'costs', normal: false }))).toBe('warning')
})

test('an estimate says whether a part of it is only assumed', () => {
  const told = (part: Parameters<typeof anEstimate>[0]): string => basisOf(anEstimate(part)).join(' ')
  expect(told({ busyHours: null })).toContain('assumed')
  expect(told({})).not.toContain('assumed')
  expect(told({ payouts: 0 })).not.toContain('payout')
  expect(told({ busyHigh: 240 })).toContain('400 %')
})
