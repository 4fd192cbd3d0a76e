import { invalid } from '../problem.js'

/** Limits of AWS ("Categorizing your storage using tags"). */
const MOST_TAGS = 10
const LONGEST_KEY = 128
const LONGEST_VALUE = 256
const ALLOWED = /^[\p{L}\p{N} +\-=._:/@]*$/u

/**
 * Read S3_TAGS: `project=backup,host=nas1`.
 *
 * @returns keys and values, in this order
 * @throws Z3Error that says what is wrong and what is allowed, but not where
 */
export function parseTags(text: string): readonly (readonly [key: string, value: string])[] {
  const tags = text.split(',').map((tag): readonly [string, string] => {
    const [, key, value] = /^ *([^=]+)=(.*)$/.exec(tag) ?? []
    if (key === undefined || value === undefined) {
      throw invalid(`'${tag}' is not a tag (allowed: KEY=VALUE, several separated by commas)`)
    }
    if (!ALLOWED.test(key + value)) {
      throw invalid(`'${tag}' is not a tag (allowed: letters, digits, spaces and +-=._:/@)`)
    }
    if (key.startsWith('aws:')) throw invalid(`'${key}' is not a key of a tag: aws: is reserved`)
    if (key.length > LONGEST_KEY || value.length > LONGEST_VALUE) {
      throw invalid(
        `the tag '${key}' is too long (allowed: ${String(LONGEST_KEY)} characters and a value of ${String(LONGEST_VALUE)})`,
      )
    }
    return [key, value]
  })
  if (tags.length > MOST_TAGS) {
    throw invalid(`${String(tags.length)} tags (allowed: at most ${String(MOST_TAGS)})`)
  }
  const keys = tags.map(([key]) => key)
  const twice = keys.find((key, index) => keys.indexOf(key) < index)
  if (twice !== undefined) throw invalid(`the tag '${twice}' is given twice`)
  return tags
}
