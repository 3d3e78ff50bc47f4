/** A page cannot switch joined vectors on, and does not carry what would test them (wideVectors.node.ts). */
export function startWideVectors(): void {}
