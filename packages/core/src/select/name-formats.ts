/** Formats of the names of a backup; `{}` is replaced by the name of the backup. */
export interface NameFormats {
  /** Format of the property that selects datasets. */
  readonly property: string
  /** Format of snapshot names, with strftime directives. */
  readonly snapshot: string
  /** Format of the tag of holds. */
  readonly hold: string
  /** Use UTC in snapshot names instead of local time. */
  readonly utc: boolean
  /** A word to append to new snapshot names; requires a separator. */
  readonly tag?: string
  /**
   * Separates the name from the tag. With a separator, snapshots with any tag are managed, as in
   * zfs-autobackup 4.
   */
  readonly tagSeparator?: string
}

/** The defaults of zfs-autobackup. */
export const DEFAULT_FORMATS: NameFormats = {
  property: 'autobackup:{}',
  snapshot: '{}-%Y%m%d%H%M%S',
  hold: 'zfs_autobackup:{}',
  utc: false,
}
