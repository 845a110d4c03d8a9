import type { BookLine, Cause, CouldEarn, Day, History, JobRecord, ModelRate, PayoutRecord, Rates } from './backend'
import { NOON } from './samples'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Work units of thirty days, without a word of money. */
const WORK = [0, 0, 0, 12, 34, 28, 41, 0, 0, 55, 62, 48, 71, 66, 80, 12, 0, 90, 84, 77, 95, 102, 88, 110, 97, 120, 131, 99, 140, 64]

/** Thirty days until this one. */
export function someDays(today: number): Day[] {
  const begins = new Date(today).setHours(0, 0, 0, 0)
  return WORK.map((work, place) => ({
    begins: begins - (WORK.length - 1 - place) * DAY,
    workUnits: work === 0 ? '0' : `${work}.${String((work * 7) % 100).padStart(2, '0')}`,
    jobs: Math.ceil(work / 2),
  }))
}

/** A sum that both books agree on, changed as wished. */
export function aBookLine(now = NOON, part: Partial<BookLine> = {}): BookLine {
  return {
    workerName: 'practice-rig',
    since: now - 28 * DAY,
    ours: '1804.11',
    theirs: '1804.11',
    verdict: { kind: 'agree' },
    ...part,
  }
}

/** What came of a month, changed as wished. */
export function aHistory(part: Partial<History> = {}, now = NOON): History {
  return {
    days: someDays(now),
    payday: { hour: now, expected: now + HOUR + 60_000, openHours: [] },
    books: { at: now - 12_000, lines: [aBookLine(now), aBookLine(now, { workerName: null })] },
    why: [],
    ...part,
  }
}

/** A finished job of the records, changed as wished. */
export function aRecord(part: Partial<JobRecord> = {}): JobRecord {
  return {
    attempt: 1,
    id: 'job-1',
    workerName: 'practice-rig',
    model: 'SmolLM2-135M-Instruct',
    state: 'settled',
    acceptedAt: NOON - 4_000,
    finishedAt: NOON,
    promptTokens: 31,
    completionTokens: 412,
    tokensPerSecond: '103',
    workUnits: '4.12',
    signed: true,
    ...part,
  }
}

/** A payout that the chain shows, changed as wished. */
export function aPayout(part: Partial<PayoutRecord> = {}): PayoutRecord {
  return {
    period: 'hour-2026-11-22T10',
    hour: NOON - 2 * HOUR,
    aipg: '4.21',
    workUnits: '31.40',
    standing: 'paid',
    transaction: `0x${'c40e72'.repeat(10)}19af`,
    address: '0x52908400098527886E0F7030069857D2E4169EE7',
    ...part,
  }
}

/** A model on the Grid, changed as wished. */
export function aRate(part: Partial<ModelRate> = {}): ModelRate {
  return { model: 'SmolLM2-135M-Instruct', ours: true, workUnits: '9.60', known: false, wanted: false, workers: 1, jobs: 128, ...part }
}

/** What this machine could earn, changed as wished. */
export function anEstimate(part: Partial<CouldEarn> = {}): CouldEarn {
  return {
    aipgLow: '0.8',
    aipgHigh: '2.1',
    workLow: '12.40',
    workHigh: '74.10',
    tokensPerSecond: '103',
    measuredJobs: 128,
    busyLow: 12,
    busyHigh: 61,
    busyHours: 9,
    payouts: 24,
    ...part,
  }
}

/** What the Grid counts, changed as wished. */
export function someRates(part: Partial<Rates> = {}): Rates {
  return {
    at: NOON - 12_000,
    models: [
      aRate(),
      aRate({ model: 'qwen3-27b', ours: false, workUnits: '299.98', known: true, workers: 14, jobs: 48_210 }),
      aRate({ model: 'gpt-oss-120b', ours: false, workUnits: '1796.24', known: true, wanted: true, workers: 3, jobs: null }),
    ],
    couldEarn: anEstimate(),
    ...part,
  }
}

/** Something that is as it should be, changed as wished. */
export function aCause(part: Partial<Cause> = {}): Cause {
  return { kind: 'no-demand-now', severity: 'tells', normal: true, fix: 'wait', code: null, figure: null, ...part }
}
