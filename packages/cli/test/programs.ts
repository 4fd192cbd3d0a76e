/** All programs of the toolkit. */
export const PROGRAMS = [
  'pput',
  'z3',
  'z3-autobackup',
  'z3-check',
  'z3-get',
  'z3-snap',
  'z3-ssh-sync',
  'z3-thin',
  'zstream-verify',
] as const
