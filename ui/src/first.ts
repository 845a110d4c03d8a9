import { BlockedReports } from './lib/backend/blocked'

/** Made before anything else runs, so that nothing the page's policy blocks goes unseen. */
export const blockedReports = new BlockedReports(document)
