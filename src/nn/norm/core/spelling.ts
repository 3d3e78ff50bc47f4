/** What is taken for the same name of a norm: `batchnorm`, `BatchNorm2d` and `nn.BatchNorm2d`. */

/** Lower case, letters and digits only, without "nn." in front. */
export function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(torch\.)?nn\./, '')
    .replace(/[^a-z0-9]/g, '');
}

/** Without "norm" or "normalization" and "1d", "2d" or "3d" at the end. */
export function keyOf(name: string): string {
  return plain(name)
    .replace(/[123]d$/, '')
    .replace(/norm(alization)?$/, '');
}
