declare const Z3_VERSION: string | undefined

/** The toolkit's version, which scripts/bundle.mjs puts in. */
export const version: string = typeof Z3_VERSION === 'string' ? Z3_VERSION : 'development'
