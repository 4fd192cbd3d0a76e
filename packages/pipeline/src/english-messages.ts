/**
 * An environment in which programs speak English, since what they say on
 * standard error tells whose fault a failure is. What they take for a character
 * stays as it is.
 */
export function englishMessages(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { LC_ALL, ...others } = env
  // LC_ALL would win over LC_MESSAGES: locale(7)
  const characters = LC_ALL ? { LANG: LC_ALL, LC_CTYPE: LC_ALL } : {}
  return { ...others, ...characters, LC_MESSAGES: 'C' }
}
