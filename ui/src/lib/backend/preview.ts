import type { JobLine, Status } from './backend'
import { aJob, aStatus, FakeBackend } from './fake'

const AN_HOUR = 3_600_000

/** The page's states by name, for looking at them in a browser: `?state=problem`. */
const STATES: Record<string, Partial<Status>> = {
  empty: {},
  loading: { phase: { kind: 'loading-model', percent: 41 }, device: null },
  working: { phase: { kind: 'working' }, ...busyDay(), currentJob: 'job-6' },
  paused: { phase: { kind: 'paused' }, ...busyDay() },
  problem: {
    phase: { kind: 'needs-attention' },
    code: 'engine-failing',
    detail: 'The engine ended with signal 9 while loading, five times in a row.',
    ...busyDay(),
  },
  resting: { phase: { kind: 'resting' }, code: 'suspended', ...busyDay() },
  offline: { phase: { kind: 'resting' }, code: 'grid-unreachable', ...busyDay() },
  long: {
    ...busyDay(),
    phase: { kind: 'working' },
    workerName: 'rig-'.repeat(30),
    model: 'A-Model-With-A-Very-Long-Name-That-Nobody-Would-Choose-27B-Instruct-Q4_K_M'.repeat(2),
    jobsDone: 9_007_199_254_740_991,
    workUnits: '90071992547409.93',
  },
}

/** A fake node in one of the page's states. */
export function previewBackend(state: string): FakeBackend {
  const backend = new FakeBackend(aStatus(STATES[state] ?? {}))
  if (state === 'no-answer') backend.failure = new Error('no answer')
  return backend
}

function busyDay(): Partial<Status> {
  const now = Date.now()
  const line = (id: number, age: number, tokens: number, workUnits: string, part: Partial<JobLine> = {}): JobLine =>
    aJob({ id: `job-${id}`, finishedAt: now - age, completionTokens: tokens, workUnits, ...part })
  return {
    jobsDone: 128,
    workUnits: '214.36',
    recent: [
      line(5, 20_000, 412, '4.12'),
      line(4, 70_000, 1_020, '10.20'),
      line(3, 5 * 60_000, 87, '0.87'),
      line(2, AN_HOUR, 12, '0.10', { state: 'failed', workUnits: null }),
      line(1, 3 * AN_HOUR, 640, '6.40'),
    ],
  }
}
