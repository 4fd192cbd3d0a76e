import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Io } from '@z3/cli'
import { printable } from '@z3/cli'
import { Z3Error } from '@z3/core'

/** Asks on the terminal. */
export interface Prompter {
  /** @returns without blanks around it; the default if it is empty */
  ask(question: string, fallback?: string): Promise<string>
  /** The answer is not shown. */
  askSecret(question: string): Promise<string>
  /** One of several, by its number or its name. */
  choose<T extends string>(
    question: string,
    choices: readonly { readonly value: T; readonly text: string }[],
  ): Promise<T>
  confirm(question: string): Promise<boolean>
  say(line: string): void
  close(): void
}

/** Ask on standard input and standard error, which are terminals. */
export function openPrompter({ stderr, signal }: Io): Prompter {
  let isMuted = false
  // readline shows what is typed by writing it to its output
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!isMuted) stderr.write(chunk)
      done()
    },
  })
  const lines = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 })
  // in raw mode, the terminal sends no signal
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const closed = new Promise<never>((_, reject) => {
    lines.on('close', () => {
      reject(
        new Z3Error('usage', 'the input ended before all questions were answered', {
          hint: 'Nothing was written; run z3 init again.',
        }),
      )
    })
  })
  closed.catch(() => undefined)
  const say = (line: string) => {
    stderr.write(`${printable(line)}\n`)
  }

  const read = async (question: string): Promise<string> => {
    try {
      return (await Promise.race([lines.question(question, { signal }), closed])).trim()
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }
  const ask: Prompter['ask'] = async (question, fallback) => {
    const shown = fallback === undefined || fallback === '' ? '' : ` [${printable(fallback)}]`
    // on a line of its own: readline places the cursor by columns, which a narrow terminal lacks
    say(`${question}${shown}`)
    const answer = await read('> ')
    return answer === '' ? (fallback ?? '') : answer
  }
  return {
    ask,
    say,
    askSecret: async (question) => {
      stderr.write(`${question} (not shown): `)
      isMuted = true
      try {
        return await read('')
      } finally {
        isMuted = false
        stderr.write('\n')
      }
    },
    choose: async (question, choices) => {
      say(question)
      choices.forEach(({ text }, i) => {
        say(`  ${String(i + 1)}  ${text}`)
      })
      for (;;) {
        const answer = await ask('Number', '1')
        const found = choices[Number(answer) - 1] ?? choices.find(({ value }) => value === answer)
        if (found) return found.value
        say(`Type a number from 1 to ${String(choices.length)}.`)
      }
    },
    confirm: async (question) => /^y(es)?$/i.test(await ask(`${question} (yes/no)`, 'no')),
    close: () => {
      lines.close()
    },
  }
}
