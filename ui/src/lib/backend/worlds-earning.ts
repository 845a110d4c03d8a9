import type { Account, AccountTask, Cause, JobRecord, Payday, PayoutRecord, Status } from './backend'
import type { World } from './fake'
import { aStatus } from './samples'
import { aKey, anAccount, aPage, aPermission, aWorker } from './samples-account'
import { aCoordinator, anEngine, aServer, aServerEngine, aSlot, someEngines } from './samples-engines'
import { aBookLine, aCause, aHistory, anEstimate, aPayout, aRate, aRecord, someRates } from './samples-history'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const HUGE = '149999999.999999999999999999'

type Part = Pick<World, 'account' | 'history' | 'jobs' | 'payouts' | 'rates'>

/** An account with a month of work behind it. */
export function aMonthOfWork(now: number): Part {
  return {
    account: accountAt(now),
    history: aHistory({ why: CAUSES }, now),
    jobs: manyJobs(now),
    payouts: manyPayouts(now),
    rates: someRates({ at: now - 12_000 }),
  }
}

/** What changes from that month, by name. */
export const EARNING_WORLDS: Record<string, (now: number) => Partial<World>> = {
  'signed-out': (now) => ({
    account: anAccount({ place: { kind: 'grid' }, access: 'none', ownWallet: null, page: null, permissions: [] }),
    history: aHistory({ payday: null, books: null, why: [aCause({ kind: 'needs-owner', severity: 'stops', normal: false, fix: 'as-the-code-says', code: 'key-refused' })] }, now),
    rates: null,
  }),
  'signing-in': (now) => ({ account: doing(now, { act: 'sign-in', outcome: null }) }),
  declined: (now) => ({ account: doing(now, { act: 'pay-to', outcome: 'declined' }) }),
  'pay-to-done': (now) => ({ account: doing(now, { act: 'pay-to', outcome: 'done' }) }),
  managing: (now) => ({ account: { ...accountAt(now), access: 'managing' } }),
  'keys-locked': (now) => ({ account: { ...accountAt(now), trouble: 'locked' } }),
  'not-offered': (now) => ({ account: { ...accountAt(now), enrolment: false, permissions: [] } }),
  'no-payout-wallet': (now) => ({
    account: { ...accountAt(now), page: aPage({ at: now - 12_000, payoutWallet: null }) },
    history: aHistory({ why: [aCause({ kind: 'no-payout-wallet', severity: 'stops', normal: false, fix: 'set-payout-wallet' }), ...CAUSES] }, now),
    payouts: [aPayout({ standing: 'owed', transaction: null, address: null })],
  }),
  'permission-ending': (now) => ({ account: { ...accountAt(now), permissions: [aPermission({ until: now + 2 * DAY })] } }),
  'permission-ended': (now) => ({ account: { ...accountAt(now), permissions: [aPermission({ until: now - HOUR })] } }),
  'key-refused': (now) => ({ account: { ...accountAt(now), trouble: 'key-refused' } }),
  'nothing-earned': (now) => ({
    account: accountAt(now),
    history: aHistory({ payday: null, books: null, days: aHistory({}, now).days.map(none), why: CAUSES }, now),
    jobs: [],
    payouts: [],
    rates: someRates({ at: now, couldEarn: null, models: [] }),
  }),
  'books-differ': (now) => ({
    history: aHistory(
      {
        books: {
          at: now,
          lines: [
            aBookLine(now, { theirs: '1790.01', verdict: { kind: 'we-know-more', by: '14.10' } }),
            aBookLine(now, { workerName: 'attic-rig', theirs: '1890.01', verdict: { kind: 'they-know-more', by: '85.90' } }),
            aBookLine(now, { workerName: 'new-rig', since: null, verdict: { kind: 'not-begun' } }),
            aBookLine(now, { workerName: null, verdict: { kind: 'begun-anew' } }),
          ],
        },
        payday: {
          hour: now,
          expected: now - 4 * 60_000,
          openHours: [
            { hour: now - HOUR, workUnits: '31.40', tooSmall: 'no' },
            { hour: now - 5 * HOUR, workUnits: '1.40', tooSmall: 'possible' },
            { hour: now - 9 * HOUR, workUnits: '0.12', tooSmall: 'likely' },
          ],
        },
        why: CAUSES,
      },
      now,
    ),
    payouts: STANDINGS.map((standing, place) => aPayout({ period: `hour-${place}`, standing, hour: now - place * HOUR })),
  }),
  'several-engines': (now) => ({
    status: withSlots(now),
    engines: someEngines({ engines: [anEngine(), aServerEngine(), aServerEngine({ id: 2, health: 'failing', slotsNow: 0, schedule: [] })] }),
  }),
  'found-servers': () => ({
    engines: someEngines({
      serving: false,
      found: [
        aServer(),
        aServer({ address: '127.0.0.1:8000', program: 'vllm', models: [], fault: 'locked' }),
        aServer({ address: '127.0.0.1:8080', program: 'llama-cpp', models: [], fault: 'unreachable' }),
      ],
    }),
  }),
  'no-engines': () => ({ engines: someEngines({ engines: [], searching: true }) }),
  elsewhere: () => ({ coordinator: aCoordinator({ now: { kind: 'elsewhere', address: 'grid.example.org' } }) }),
  live: (now) => ({
    status: aStatus({ practice: false, money: 'not-yet' }),
    wallet: null,
    account: { ...accountAt(now), place: { kind: 'grid' } },
    // The payouts of a real Grid are not read: no figures, no rows, no causes from them, and no rate.
    earnings: null,
    payouts: [],
    history: aHistory({ payday: nextHour(now), why: CAUSES.filter(({ kind }) => kind !== 'hours-not-allocated') }, now),
    rates: someRates({ at: now - 12_000, couldEarn: anEstimate({ aipgLow: null, aipgHigh: null, payouts: 0 }) }),
    coordinator: aCoordinator({ now: { kind: 'grid' } }),
  }),
}

/** The same with texts as long as anybody could write them, or as bad. */
export function withTexts(now: number, text: string): Part & Pick<World, 'engines' | 'coordinator'> {
  const month = aMonthOfWork(now)
  return {
    ...month,
    account: anAccount({
      place: { kind: 'elsewhere', address: text },
      page: aPage({
        at: now,
        username: text,
        keys: [aKey({ label: text })],
        workers: [aWorker({ name: text, models: [text, text], workUnits: HUGE, jobs: 9_007_199_254_740_991 })],
      }),
      permissions: [aPermission({ workerName: text, until: now + DAY })],
    }),
    jobs: [aRecord({ model: text, state: text, workerName: text, workUnits: HUGE, acceptedAt: now, finishedAt: now })],
    payouts: [aPayout({ period: text, hour: null, aipg: HUGE, workUnits: HUGE, standing: 'unknown' })],
    rates: someRates({ models: [aRate({ model: text, workUnits: HUGE })], couldEarn: anEstimate({ aipgLow: '0', aipgHigh: HUGE, workHigh: HUGE }) }),
    history: aHistory({ why: [aCause({ kind: text, fix: text, code: text, figure: text, normal: false }), ...CAUSES] }, now),
    engines: someEngines({
      engines: [
        anEngine({ source: { kind: 'own', file: text }, serveAs: text }),
        aServerEngine({ source: { kind: 'server', address: text, program: 'unknown', model: text }, serveAs: text, slots: 64, slotsNow: 64 }),
      ],
      found: [aServer({ address: text, models: [text] })],
    }),
    coordinator: aCoordinator({ now: { kind: 'elsewhere', address: text } }),
  }
}

const STANDINGS = ['paid', 'said-to-be-paid', 'sending', 'retrying', 'owed', 'under-review', 'held', 'unknown'] as const

const CAUSES: Cause[] = [
  aCause({ kind: 'hours-not-allocated', severity: 'costs', normal: false, fix: 'work-more', figure: '3' }),
  aCause({ kind: 'shared-with-others', fix: 'choose-model', figure: '14' }),
  aCause({ kind: 'paid-each-hour', figure: '12.30' }),
  aCause({ kind: 'unsigned', fix: 'sign-delegation' }),
]

function none<T extends { workUnits: string; jobs: number }>(day: T): T {
  return { ...day, workUnits: '0', jobs: 0 }
}

/** The account as it was read a moment ago. */
export function accountAt(now: number): Account {
  return anAccount({ page: aPage({ at: now - 12_000 }), permissions: [aPermission({ until: now + 61 * DAY })] })
}

function doing(now: number, task: AccountTask): Account {
  return { ...accountAt(now), task }
}

/** The hour that is running, which the Grid shares out a minute after its end at the latest. */
function nextHour(now: number): Payday {
  const hour = now - (now % HOUR)
  return { hour, expected: hour + HOUR + 60_000, openHours: [] }
}

function manyJobs(now: number): JobRecord[] {
  return Array.from({ length: 23 }, (_, place) => {
    const finishedAt = now - place * 17 * 60_000
    const failed = place % 9 === 5
    return aRecord({
      attempt: 230 - place,
      id: `job-${230 - place}`,
      acceptedAt: finishedAt - 4_000,
      finishedAt,
      signed: place % 4 !== 3,
      ...(failed ? { state: 'failed', workUnits: null, completionTokens: null, tokensPerSecond: null } : {}),
    })
  })
}

function manyPayouts(now: number): PayoutRecord[] {
  return Array.from({ length: 14 }, (_, place) =>
    aPayout({
      period: `hour-${place}`,
      hour: now - (place + 1) * HOUR,
      ...(place === 0 ? { standing: 'said-to-be-paid' } : {}),
      ...(place === 5 ? { standing: 'retrying', transaction: null } : {}),
    }),
  )
}

function withSlots(now: number): Status {
  return aStatus({
    phase: { kind: 'working' },
    jobsDone: 128,
    workUnits: '214.36',
    currentJob: `job-${now}`,
    slots: [
      aSlot({ phase: { kind: 'working' } }),
      aSlot({ workerName: 'practice-rig-2', model: 'llama-3.2-3b' }),
      aSlot({ workerName: 'practice-rig-3', model: 'llama-3.2-3b', phase: { kind: 'resting' }, code: 'engine-failing' }),
      aSlot({ workerName: 'practice-rig-4', model: 'llama-3.2-3b', phase: { kind: 'paused' }, offSchedule: true }),
    ],
  })
}
