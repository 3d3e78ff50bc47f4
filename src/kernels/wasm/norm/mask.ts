/**
 * What happens to dy on the way: nothing, the relu's mask, or the mask with the masked values written to d. Each mask has a
 * module of its own: a program rarely needs more than one or two, and small modules start sooner.
 */
export type Mask = 'plain' | 'masked' | 'kept';
