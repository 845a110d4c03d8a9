/** How often the page looks at the clock: often enough for "12 seconds ago", seldom enough to cost nothing. */
const TICK_MS = 10_000

/** The time as the page shows it. */
export class Clock {
  /** Milliseconds since 1970. */
  now: number
  readonly #read: () => number

  constructor(read: () => number = Date.now) {
    this.#read = read
    this.now = $state(read())
  }

  /** Looks at the clock now and then; the result ends it. */
  run(): () => void {
    this.now = this.#read()
    const timer = setInterval(() => (this.now = this.#read()), TICK_MS)
    return () => clearInterval(timer)
  }
}
