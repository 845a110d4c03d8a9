import type { Action, Earnings, JobLine, Offer, Phase, Seen, Settings, Status, Wallet, Wish } from './backend'

/** The noon at which the samples were taken. */
export const NOON = Date.UTC(2026, 10, 22, 12, 0, 0)

/** A healthy practice node that waits, changed as wished. */
export function aStatus(part: Partial<Status> = {}): Status {
  return {
    phase: { kind: 'waiting' },
    code: null,
    detail: null,
    practice: true,
    workerName: 'practice-rig',
    model: 'SmolLM2-135M-Instruct',
    device: 'cpu',
    currentJob: null,
    jobsDone: 0,
    workUnits: '0.00',
    recent: [],
    slots: [],
    money: 'there',
    ...part,
  }
}

/** A finished job, changed as wished. */
export function aJob(part: Partial<JobLine> = {}): JobLine {
  return {
    id: 'job-1',
    model: 'SmolLM2-135M-Instruct',
    state: 'settled',
    acceptedAt: NOON - 4_000,
    completionTokens: 48,
    workUnits: '0.84',
    finishedAt: NOON,
    ...part,
  }
}

/** What an hour of practice earned, changed as wished. */
export function someEarnings(part: Partial<Earnings> = {}): Earnings {
  return {
    paidToday: '8.2712345',
    paid: '412.5',
    owed: '4.21',
    onItsWay: '0',
    other: '0',
    notSettled: { low: '1.5', high: '1.5', basis: 'practice-budget' },
    workNotSettled: '12.30',
    nextPayout: NOON + 23 * 60_000,
    at: NOON - 12_000,
    ...part,
  }
}

/** What can be done about a bond, changed as wished. */
export function anOffer(wish: Wish, part: Partial<Offer> = {}): Offer {
  return {
    wish,
    amount: '1000',
    steps: wish === 'bond' ? ['approve', 'register'] : [wish],
    feeLimit: '0.000001365',
    slow: false,
    cooldownSeconds: null,
    obstacle: null,
    ...part,
  }
}

/** A look at the chain with enough for a bond, changed as wished. */
export function aLook(part: Partial<Seen> = {}): Seen {
  return {
    at: NOON - 12_000,
    aipg: '1050',
    eth: '1',
    bond: { kind: 'none' },
    minimum: '1000',
    owner: { address: '0x8617E340B3D01FA5F11F306F4090FD50E238070D', plainKey: true },
    potIsShort: false,
    ...part,
  }
}

/** A practice wallet that could put up its bond, changed as wished. */
export function aWallet(part: Partial<Wallet> = {}): Wallet {
  return {
    address: '0x52908400098527886E0F7030069857D2E4169EE7',
    practice: true,
    seen: aLook(),
    trouble: null,
    offers: [anOffer('bond')],
    action: null,
    ...part,
  }
}

/** A bond that is being put up, changed as wished. */
export function anAction(part: Partial<Action> = {}): Action {
  return {
    wish: 'bond',
    amount: '1000',
    slow: false,
    stage: 'carrying',
    steps: [
      { step: 'approve', state: 'safe', hash: `0x${'3fa91c'.repeat(10)}b7d2` },
      { step: 'register', state: 'sent', hash: `0x${'c40e72'.repeat(10)}19af` },
    ],
    outcome: null,
    obstacle: null,
    ...part,
  }
}

/** Settings as they are at first, changed as wished. */
export function someSettings(part: Partial<Settings> = {}): Settings {
  return { theme: 'system', tray: true, version: '0.1.0', ...part }
}

/** Every phase there is; the type makes a new one show up here. */
export const EVERY_PHASE: Record<Phase['kind'], Phase> = {
  starting: { kind: 'starting' },
  'loading-model': { kind: 'loading-model', percent: 41 },
  'self-test': { kind: 'self-test' },
  connecting: { kind: 'connecting' },
  waiting: { kind: 'waiting' },
  working: { kind: 'working' },
  finishing: { kind: 'finishing' },
  resting: { kind: 'resting' },
  quarantined: { kind: 'quarantined' },
  paused: { kind: 'paused' },
  'needs-attention': { kind: 'needs-attention' },
}
