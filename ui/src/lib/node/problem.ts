import { find, t } from '../messages/t'

/** What stands in the way, in words. */
export interface Problem {
  title: string
  cause: string
  action: string
}

/** The words for a code. One this screen does not know gets general words. */
export function problemOf(code: string): Problem {
  return {
    title: find(`problem.${code}.title`) ?? t('problem.unknown.title'),
    cause: find(`problem.${code}.cause`) ?? t('problem.unknown.cause'),
    action: find(`problem.${code}.action`) ?? t('problem.unknown.action'),
  }
}
