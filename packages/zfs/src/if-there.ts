import { Z3Error } from '@z3/core'

/**
 * The answer about a dataset, or undefined where there is no such dataset: all
 * other failures leave a doubt, and stay failures.
 *
 * @throws what the question throws
 */
export async function ifThere<T>(question: Promise<T>): Promise<T | undefined> {
  try {
    return await question
  } catch (error) {
    if (error instanceof Z3Error && error.code === 'no-such-dataset') {
      return undefined
    }
    throw error
  }
}
