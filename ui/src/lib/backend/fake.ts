import type { Backend, JobLine, Phase, Status } from './backend'

/** A node that does what it is told, for tests and for looking at the page in a browser. */
export class FakeBackend implements Backend {
  #status: Status
  #listeners = new Set<() => void>()
  /** What the next requests throw, until set back. */
  failure: unknown = null
  /** What the model says. */
  answer = 'The capital of France is Paris.'
  /** How often the status was read. */
  reads = 0

  constructor(status: Status = aStatus()) {
    this.#status = status
  }

  async status(): Promise<Status> {
    this.reads += 1
    return this.#reply(structuredClone(this.#status))
  }

  async pause(): Promise<void> {
    this.#become({ phase: { kind: 'paused' } })
  }

  async resume(): Promise<void> {
    this.#become({ phase: { kind: 'waiting' } })
  }

  async sendPracticeJob(_prompt: string): Promise<string> {
    return this.#reply(this.answer)
  }

  async onStatusChanged(changed: () => void): Promise<() => void> {
    this.#listeners.add(changed)
    return () => this.#listeners.delete(changed)
  }

  /** How many listen. */
  get listeners(): number {
    return this.#listeners.size
  }

  /** Changes the node and tells everyone. */
  change(part: Partial<Status>): void {
    this.#status = { ...this.#status, ...part }
    for (const listener of this.#listeners) listener()
  }

  #become(part: Partial<Status>): void {
    this.#reply(null)
    this.change(part)
  }

  #reply<T>(value: T): T {
    if (this.failure !== null) throw this.failure
    return value
  }
}

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
    ...part,
  }
}

/** A finished job, changed as wished. */
export function aJob(part: Partial<JobLine> = {}): JobLine {
  return {
    id: 'job-1',
    model: 'SmolLM2-135M-Instruct',
    state: 'settled',
    completionTokens: 48,
    workUnits: '0.84',
    finishedAt: Date.UTC(2026, 10, 22, 12, 0, 0),
    ...part,
  }
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
