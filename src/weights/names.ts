/** WeightNames in a state: `layer1.0.bn1.weight` is the tensor `weight` of the layer `layer1.0.bn1`. */

/** The layer's; '' of a tensor of the model itself. */
export function pathOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

export function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

export function joined(...parts: readonly string[]): string {
  return parts.filter(Boolean).join('.');
}

const NAMED = 8;

/** `a, b, c, and 5 more` */
export function listed<T>(items: readonly T[], text: (item: T) => string): string {
  const more = items.length > NAMED ? `, and ${items.length - NAMED} more` : '';
  return items.slice(0, NAMED).map(text).join(', ') + more;
}
