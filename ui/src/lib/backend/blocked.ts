import type { Blocked } from './backend'

/** More than this says nothing new and would only fill memory while nobody listens. */
const KEPT = 20

type Report = (blocked: Blocked) => Promise<void>

/** What the page's policy blocked. Listens from the start and keeps what comes before anybody can be told. */
export class BlockedReports {
  #kept: Blocked[] = []
  #report: Report | null = null

  constructor(page: Document) {
    page.addEventListener('securitypolicyviolation', (event) => this.#note(event))
  }

  /** From now on everything goes there, beginning with what was kept. */
  tell(report: Report): void {
    this.#report = report
    for (const blocked of this.#kept.splice(0)) this.#send(report, blocked)
  }

  #note(event: SecurityPolicyViolationEvent): void {
    const blocked = { directive: event.effectiveDirective, what: nameOf(event.blockedURI) }
    if (this.#report !== null) this.#send(this.#report, blocked)
    else if (this.#kept.length < KEPT) this.#kept.push(blocked)
  }

  #send(report: Report, blocked: Blocked): void {
    // There is nobody to tell about a report that failed.
    report(blocked).catch(() => {})
  }
}

/** An address may carry secrets behind its question mark, so only what stands before it is told. */
function nameOf(uri: string): string {
  return uri.split(/[?#]/, 1)[0] || 'inline'
}
