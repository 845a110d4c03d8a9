import type { Bond, JobLine, Seen, Status, Wallet } from './backend'
import type { World } from './fake'
import { aJob, aLook, anAction, anOffer, aStatus, aWallet, someEarnings } from './samples'
import { aMonthOfWork, accountAt, EARNING_WORLDS, withTexts } from './worlds-earning'

const AN_HOUR = 3_600_000
const A_WEEK = 7 * 24 * AN_HOUR

/** What a stranger's text may try: markup, text that runs backwards, and marks that nobody sees. */
export const HOSTILE =
  '<img src=x onerror=alert(1)><script>alert(2)</script>\u202egnp.exe\u202c \u2066left\u2067 \u200fright\u0000\u001b[31m\u2028' +
  'W\u0336i\u0336d\u0336e\u0336 '.repeat(40) +
  'x'.repeat(400) +
  '\n'.repeat(40) +
  'the end'

/** Every state of the screen by its name, at this moment. */
export function worldNamed(name: string, now: number): Partial<World> {
  const earning = EARNING_WORLDS[name]
  if (earning !== undefined) return { ...busy(now), wallet: bonded(now), ...earning(now) }
  return (WORLDS[name] ?? WORLDS.working ?? ((): Partial<World> => ({})))(now)
}

const WORLDS: Record<string, (now: number) => Partial<World>> = {
  empty: (now) => ({
    wallet: walletAt(now, { offers: [short('not-enough-aipg', '1000')], seen: look(now, { aipg: '0', eth: '0' }) }),
  }),
  loading: () => ({ status: aStatus({ phase: { kind: 'loading-model', percent: 41 }, device: null }) }),
  working: (now) => ({ ...busy(now), wallet: walletAt(now) }),
  bonded: (now) => ({ ...busy(now), wallet: bonded(now) }),
  paused: (now) => ({ ...busy(now, { phase: { kind: 'paused' } }), wallet: bonded(now) }),
  problem: (now) => ({
    ...busy(now, {
      phase: { kind: 'needs-attention' },
      code: 'engine-failing',
      detail: 'The engine ended with signal 9 while loading, five times in a row.',
    }),
    wallet: bonded(now),
  }),
  resting: (now) => ({ ...busy(now, { phase: { kind: 'resting' }, code: 'suspended' }), wallet: bonded(now) }),
  offline: (now) => ({
    ...busy(now, { phase: { kind: 'resting' }, code: 'grid-unreachable' }),
    wallet: { ...bonded(now - 12 * 60_000), trouble: 'chain-unreachable' },
    account: { ...accountAt(now - 12 * 60_000), trouble: 'unreachable' },
  }),
  'no-chain': (now) => ({ ...busy(now, { money: 'no-chain' }), wallet: null, earnings: null }),
  'no-wallet': (now) => ({ ...busy(now, { money: 'failed' }), wallet: null, earnings: null }),
  preparing: (now) => ({ ...busy(now), wallet: acting(now, { stage: 'asking', steps: [] }) }),
  asking: (now) => ({ ...busy(now), wallet: acting(now, { stage: 'asking', steps: fresh() }) }),
  carrying: (now) => ({ ...busy(now), wallet: acting(now, {}) }),
  interrupted: (now) => ({ ...busy(now), wallet: acting(now, { stage: 'interrupted', outcome: 'unreachable' }) }),
  stopped: (now) => ({
    ...busy(now),
    wallet: acting(now, {
      stage: 'ended',
      outcome: 'stopped',
      steps: fresh(),
      obstacle: { kind: 'not-enough-eth', amount: '0.0002', until: null },
    }),
  }),
  unexpected: (now) => ({ ...busy(now), wallet: acting(now, { stage: 'ended', outcome: 'unexpected', steps: finished() }) }),
  ended: (now) => ({
    ...busy(now),
    wallet: { ...bonded(now), action: anAction({ stage: 'ended', outcome: 'done', steps: finished() }) },
  }),
  refused: (now) => ({
    ...busy(now),
    wallet: acting(now, {
      stage: 'ended',
      outcome: 'reverted',
      steps: anAction().steps.with(1, { step: 'register', state: 'failed', hash: HASH }),
    }),
  }),
  cooldown: (now) => {
    const until = now + A_WEEK
    const waits = anOffer('withdraw-bond', { steps: [], feeLimit: null, obstacle: { kind: 'cooling-down', amount: null, until } })
    return {
      ...busy(now),
      wallet: withBond(now, { kind: 'cooling-down', amount: '1000', until }, [waits, anOffer('cancel-unbond')]),
    }
  },
  'short-pot': (now) => ({
    ...busy(now),
    wallet: walletAt(now, { seen: look(now, { minimum: '0', potIsShort: true, owner: null }) }),
  }),
  unread: (now) => ({ ...busy(now), wallet: aWallet({ seen: null, trouble: 'chain-incomplete', offers: [] }) }),
  withdrawable: (now) => ({
    ...busy(now),
    wallet: withBond(now, { kind: 'withdrawable', amount: '1000' }, [anOffer('withdraw-bond'), anOffer('cancel-unbond')]),
  }),
  slashed: (now) => ({ ...busy(now), wallet: withBond(now, { kind: 'slashed' }, [anOffer('bond')]) }),
  locked: (now) => ({ ...busy(now), wallet: withBond(now, { kind: 'locked', amount: '1000' }, []) }),
  unclear: (now) => ({ ...busy(now), wallet: { ...withBond(now, { kind: 'unclear' }, []), trouble: 'wrong-node' } }),
  long: (now) => ({
    ...busy(now, {
      workerName: 'rig-'.repeat(30),
      model: 'A-Model-With-A-Very-Long-Name-That-Nobody-Would-Choose-27B-Instruct-Q4_K_M'.repeat(2),
      jobsDone: 9_007_199_254_740_991,
      workUnits: '90071992547409.93',
    }),
    wallet: withBond(now, { kind: 'bonded', amount: HUGE }, [anOffer('unbond', { amount: HUGE, slow: true, cooldownSeconds: 604_800 })], {
      aipg: HUGE,
      eth: HUGE,
    }),
    earnings: someEarnings({
      paidToday: HUGE,
      paid: HUGE,
      owed: HUGE,
      other: HUGE,
      notSettled: { low: '0.9', high: HUGE, basis: 'of-tomorrow' },
      nextPayout: null,
      at: now,
    }),
    ...withTexts(now, 'A-Name-That-Nobody-Would-Choose-'.repeat(4)),
  }),
  hostile: (now) => ({
    ...busy(now, {
      workerName: HOSTILE,
      model: HOSTILE,
      recent: [aJob({ model: HOSTILE, state: HOSTILE, acceptedAt: now - 4_000, finishedAt: now })],
      detail: HOSTILE,
      code: 'suspended',
    }),
    wallet: walletAt(now),
    ...withTexts(now, HOSTILE),
  }),
  'no-answer': () => ({}),
}

const HASH = `0x${'c40e72'.repeat(10)}19af`
const HUGE = '149999999.999999999999999999'

/** The names of all states. */
export const WORLD_NAMES = [...Object.keys(WORLDS), ...Object.keys(EARNING_WORLDS)]

function walletAt(now: number, part: Partial<Wallet> = {}): Wallet {
  return aWallet({ seen: look(now), ...part })
}

function look(now: number, part: Partial<Seen> = {}): Seen {
  return aLook({ at: now - 12_000, ...part })
}

function withBond(now: number, bond: Bond, offers: Wallet['offers'], part: Partial<Seen> = {}): Wallet {
  return walletAt(now, { seen: look(now, { aipg: '62.4375', eth: '0.000997352', bond, ...part }), offers })
}

function bonded(now: number): Wallet {
  return withBond(now, { kind: 'bonded', amount: '1000' }, [anOffer('unbond', { slow: true, cooldownSeconds: 604_800 })])
}

function acting(now: number, part: Parameters<typeof anAction>[0]): Wallet {
  return walletAt(now, { action: anAction(part) })
}

function fresh(): ReturnType<typeof anAction>['steps'] {
  return anAction().steps.map((line) => ({ ...line, state: 'open', hash: null }))
}

function finished(): ReturnType<typeof anAction>['steps'] {
  return anAction().steps.map((line) => ({ ...line, state: 'final' }))
}

function short(kind: string, amount: string): Wallet['offers'][number] {
  return anOffer('bond', { steps: [], feeLimit: null, obstacle: { kind, amount, until: null } })
}

function busy(now: number, part: Partial<Status> = {}): Partial<World> & Pick<World, 'status' | 'earnings'> {
  const line = (id: number, age: number, tokens: number, workUnits: string, change: Partial<JobLine> = {}): JobLine => {
    const finishedAt = now - age
    return aJob({
      id: `job-${id}`,
      acceptedAt: finishedAt - tokens * 11,
      finishedAt,
      completionTokens: tokens,
      workUnits,
      ...change,
    })
  }
  const recent = [
    line(6, 0, 0, '', { state: 'running', completionTokens: null, workUnits: null, finishedAt: null }),
    line(5, 20_000, 412, '4.12'),
    line(4, 70_000, 1_020, '10.20'),
    line(3, 5 * 60_000, 87, '0.87'),
    line(2, AN_HOUR, 12, '0.10', { state: 'failed', workUnits: null }),
    line(1, 3 * AN_HOUR, 640, '6.40'),
  ]
  return {
    ...aMonthOfWork(now),
    status: aStatus({ phase: { kind: 'working' }, jobsDone: 128, workUnits: '214.36', recent, currentJob: 'job-6', ...part }),
    earnings: someEarnings({ nextPayout: now + 23 * 60_000 + 5_000, at: now - 12_000 }),
  }
}
