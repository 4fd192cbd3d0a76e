import type { Key } from '@z3/config'

/** Where the access key is kept. */
export const KEY_PLACES = ['file', 'profile', 'environment'] as const

export type KeyPlace = (typeof KEY_PLACES)[number]

/** What starts the backups. */
export const SCHEDULES = ['systemd', 'cron', 'none'] as const

export type Schedule = (typeof SCHEDULES)[number]

/** Local time of day. */
export interface TimeOfDay {
  readonly hour: number
  readonly minute: number
}

/** An access key, to be written to the configuration. */
export interface AccessKey {
  readonly id: string
  readonly secret: string
}

/** The store, and the keys to it. */
export interface StoreAnswers {
  readonly bucket: string
  readonly endpoint: string | undefined
  readonly region: string | undefined
  /** Undefined: the default. */
  readonly s3Prefix: string | undefined
  /** Undefined: a directory. */
  readonly keyPlace: KeyPlace | undefined
  /** Only for `file`. */
  readonly key: AccessKey | undefined
}

/** What is backed up. */
export interface SourceAnswers {
  /** Existing datasets; with `select`, those that the property selects now. */
  readonly datasets: readonly string[]
  /** The selecting property. */
  readonly select: string | undefined
  readonly prefix: string
}

/** All that z3 init asks for. */
export interface Answers extends StoreAnswers, SourceAnswers {
  readonly retention: string | undefined
  /** Undefined: the default. */
  readonly compressor: string | undefined
  readonly schedule: Schedule
  /** Of the day, when the backups start. */
  readonly time: TimeOfDay
}

/** The settings that the answers set, in the order of the file. */
export type AnsweredSettings = Readonly<Partial<Record<Key, string>>>
