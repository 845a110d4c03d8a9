import type { JobLine } from '../backend/backend'

/** How long a job took, in milliseconds; nothing while it runs. */
export function timeOf(job: JobLine): number | null {
  return job.finishedAt === null ? null : Math.max(0, job.finishedAt - job.acceptedAt)
}

/** Tokens a second of the newest job that wrote any, reading the question included; nothing if there is none. */
export function speedOf(recent: JobLine[]): number | null {
  for (const job of recent) {
    const time = timeOf(job)
    if (time && job.completionTokens) return (job.completionTokens * 1_000) / time
  }
  return null
}
