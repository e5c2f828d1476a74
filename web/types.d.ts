// Types that every script may name without importing them.

/** Bytes in memory that nobody else can change meanwhile. */
type Bytes = Uint8Array<ArrayBuffer>;
